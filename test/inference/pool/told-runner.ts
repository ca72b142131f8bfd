/** A runner that does what the texts say, on a thread or in the own process. */
import { WitanError } from '../../../contracts/errors.ts';
import type { LoadedModel, OpenRunner } from '../../../agents/inference/model-runner.ts';

/** Places in the shared numbers: texts that were run, batches, how often a runner was opened, the gate. */
export const RAN = 0;
export const BATCHES = 1;
export const OPENED = 2;
export const GATE = 3;
/** Set to 1: the next batch ends its worker, whatever it holds. */
export const KILL = 5;
/** Texts that wait at the gate now, and have ever. */
export const AT_GATE = 4;

/** Shared numbers of a model: seen from every thread. */
export function sharedOf(model: LoadedModel): Int32Array {
  const { buffer } = model.files.get('shared')!;
  return new Int32Array(buffer);
}

/** A model of that behavior; each has numbers of its own. */
export function toldModel(version = '1.0.0', id = 'told/model'): LoadedModel {
  return {
    ref: `${id}@${version}#${'0'.repeat(12)}`,
    files: new Map([['shared', new Uint8Array(new SharedArrayBuffer(32))]]),
    manifest: {
      format: 'witan-model/1',
      id,
      version,
      aliases: [],
      runner: 'linear-ngram',
      title: 'does what it is told',
      output: { width: 3, meaning: 'length, code of the first character, texts in the batch' },
      files: [],
      license: { weights: 'none', trainingData: [] },
      made: { by: 'hand', dataDigest: null },
      measured: [],
      claimed: [],
      limits: [],
    },
  };
}

/**
 * Texts: `crash` ends the thread, `hang` never returns, `wait` waits at the gate, `bad` is refused, `nan`
 * gives no number. Rows: length, first character code, texts of the batch. Device `cuda` is not there;
 * `webgpu` takes its thread down.
 */
export function openTold(end: () => void, hang: () => Promise<never>): OpenRunner {
  return (model, [device]) => {
    const shared = sharedOf(model);
    if (device === 'cuda') throw new WitanError('not_supported', 'there is no such device');
    if (device === 'webgpu') {
      end();
      return new Promise(() => undefined);
    }
    Atomics.add(shared, OPENED, 1);
    return Promise.resolve({
      width: 3,
      provider: 'javascript',
      passedOver: [],
      costOf: (text: string) => text.length,
      close: () => Promise.resolve(),
      run: (texts: readonly string[]) => obey(texts, { shared, end, hang }),
    });
  };
}

async function obey(
  texts: readonly string[],
  { shared, end, hang }: { shared: Int32Array; end: () => void; hang: () => Promise<never> },
): Promise<readonly Float32Array[]> {
  Atomics.add(shared, BATCHES, 1);
  if (Atomics.exchange(shared, KILL, 0) === 1) {
    end();
    await new Promise(() => undefined);
  }
  for (const text of texts) {
    if (text.startsWith('crash')) {
      end();
      await new Promise(() => undefined);
    }
    if (text.startsWith('hang')) await hang();
    if (text.startsWith('wait')) await passGate(shared);
    if (text.startsWith('bad')) throw new WitanError('invalid_argument', 'a text that is refused');
    Atomics.add(shared, RAN, 1);
  }
  return texts.map((text) =>
    Float32Array.of(text.startsWith('nan') ? Number.NaN : text.length, text.charCodeAt(0), texts.length),
  );
}

async function passGate(shared: Int32Array): Promise<void> {
  Atomics.add(shared, AT_GATE, 1);
  Atomics.notify(shared, AT_GATE);
  await changed(shared, GATE, 0);
}

/** Resolves when so many texts have come to the gate. */
export async function atGate(model: LoadedModel, count = 1): Promise<void> {
  const shared = sharedOf(model);
  for (let seen = shared[AT_GATE]!; seen < count; seen = Atomics.load(shared, AT_GATE)) {
    await changed(shared, AT_GATE, seen);
  }
}

/** Lets everybody pass, now and later. */
export function openGate(model: LoadedModel): void {
  const shared = sharedOf(model);
  Atomics.store(shared, GATE, 1);
  Atomics.notify(shared, GATE);
}

/** Resolves when the number at a place is not `seen` any more. @source ECMAScript 2024, Atomics.waitAsync */
async function changed(shared: Int32Array, at: number, seen: number): Promise<void> {
  type WaitAsync = (
    numbers: Int32Array,
    at: number,
    value: number,
  ) => { value: PromiseLike<string> | string };
  const { waitAsync } = Atomics as unknown as { readonly waitAsync: WaitAsync };
  await waitAsync(shared, at, seen).value;
}
