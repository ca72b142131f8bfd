/** What stands around a runner wherever it lives: opening with fallback, warm-up, checks of its answers. */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { Device, LoadedModel, ModelRunner, OpenRunner } from '../model-runner.ts';
import type { CostLine, RowFault, RunnerInfo } from './runner-life.ts';

/** How a runner is opened. */
export interface RunnerOpening {
  readonly model: LoadedModel;
  readonly open: OpenRunner;
  /** In the order in which they are tried. */
  readonly devices: readonly Device[];
  /** Told of a device before it is tried: a probe may end the thread. */
  onProbe?(device: Device): void;
}

/** Different lengths and a whole batch: what is compiled or allocated at first use is so before a caller waits. */
const WARM_UP: readonly (readonly string[])[] = [
  ['Hello.'],
  ['How long does a sourdough loaf bake, and at which temperature? '.repeat(4)],
  Array.from({ length: 8 }, (_, at) => `Please tell me about city number ${at}, in two sentences.`),
];
const SHORT_SAMPLE = 'The quick brown fox. ';
const LONG_REPEAT = 500;

/** A runner that is open and warm. One `answer` at a time. */
export class RunnerHost {
  readonly info: RunnerInfo;
  readonly #runner: ModelRunner;

  private constructor(runner: ModelRunner, passedOver: readonly string[]) {
    this.#runner = runner;
    const { width, provider } = runner;
    const cost = costLineOf(runner);
    this.info = { width, provider, passedOver: [...passedOver, ...runner.passedOver], cost };
  }

  /**
   * Opens the runner on the first device on which it also works.
   * @throws not_supported, unavailable with the reasons of every device
   */
  static async open({ model, open, devices, onProbe }: RunnerOpening): Promise<RunnerHost> {
    const passedOver: string[] = [];
    let last: WitanError | undefined;
    for (const device of devices) {
      onProbe?.(device);
      let runner: ModelRunner | undefined;
      try {
        runner = await open(model, [device]);
        for (const texts of WARM_UP) checked(await runner.run(texts), texts.length, runner.width);
        return new RunnerHost(runner, passedOver);
      } catch (error) {
        last = toWitanError(error);
        passedOver.push(...reasonsOf(last, device));
        await runner?.close().catch(() => undefined);
      }
    }
    const code = last?.code === 'not_supported' ? 'not_supported' : 'unavailable';
    throw new WitanError(
      code,
      `no device runs ${model.ref}: ${passedOver.join('; ')}`,
      { hasProbedAll: true },
      last,
    );
  }

  /** One row or fault for each text; a text that is refused costs the others of its batch nothing. */
  async answer(texts: readonly string[]): Promise<readonly (Float32Array | RowFault)[]> {
    try {
      return checked(await this.#runner.run(texts), texts.length, this.#runner.width);
    } catch (error) {
      if (texts.length === 1) return [faultOf(error)];
    }
    const rows: (Float32Array | RowFault)[] = [];
    for (const text of texts) rows.push(...(await this.answer([text])));
    return rows;
  }

  close(): Promise<void> {
    return this.#runner.close();
  }
}

/** @throws internal where a row lacks, has another width, or holds what is no number */
function checked(rows: readonly Float32Array[], count: number, width: number): readonly Float32Array[] {
  if (rows.length !== count)
    throw new WitanError('internal', `a model gave ${rows.length} rows for ${count} texts`);
  for (const row of rows) {
    if (row.length !== width || !row.every(Number.isFinite))
      throw new WitanError('internal', `a model gave a row that is not ${width} finite numbers`);
  }
  return rows;
}

/** A runner that tried devices itself has named them already. */
function reasonsOf({ message, details }: WitanError, device: Device): readonly string[] {
  const { passedOver } = details;
  return Array.isArray(passedOver) && passedOver.length > 0
    ? passedOver.map(String)
    : [`${device}: ${message}`];
}

function faultOf(error: unknown): RowFault {
  const { code, message } = toWitanError(error);
  return { fault: code, message };
}

function costLineOf(runner: ModelRunner): CostLine {
  const short = runner.costOf(SHORT_SAMPLE);
  const middle = runner.costOf(SHORT_SAMPLE.repeat(5));
  const max = runner.costOf(SHORT_SAMPLE.repeat(LONG_REPEAT));
  const perCharacter = Math.max(0, (middle - short) / (4 * SHORT_SAMPLE.length));
  return { base: Math.max(0, short - perCharacter * SHORT_SAMPLE.length), perCharacter, max };
}
