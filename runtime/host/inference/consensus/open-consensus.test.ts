import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../../../config/loader.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { Decision } from '../../../../contracts/messages/decision.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { WireServer } from '../../../../test/inference/providers/wire-server.ts';
import { createBudget } from '../../../kernel/budget.ts';
import { SeededRandom, SystemClock } from '../../../kernel/index.ts';
import type { InferencePort } from '../../../kernel/ports/inference.ts';
import { openConsensus } from './open-consensus.ts';

const test = suite('consensus by settings');
const clock = new SystemClock();
const decision = { request: { type: 'chat', messages: [] } } as never as Decision;
const asked: string[] = [];
const inference: InferencePort = {
  infer: async ({ model, texts }) => {
    asked.push(model);
    return { model, provider: 'cpu', rows: texts.map(() => Float32Array.of(1, 0)) };
  },
};

function openWith(models: readonly object[]) {
  const { settings } = loadSettings({ code: { consensus: { models } } as never });
  return openConsensus({ settings, clock, random: new SeededRandom(1), inference });
}

test('no model, no consensus; a key that cannot be read, or a server without a name, is an error of settings', async () => {
  assert.is(await openWith([]), undefined);
  const code = await openWith([{ format: 'openai', model: 'm', keyFile: '/does/not/exist' }]).catch(
    (error: WitanError) => [error.code, error.details.path],
  );
  assert.equal(code, ['config_invalid', 'consensus.models.0.keyFile']);
  const models = [{ format: 'compatible', model: 'm' } as const];
  assert.throws(
    () => loadSettings({ code: { consensus: { models } } }),
    (error: WitanError) =>
      error.code === 'config_invalid' && error.details.path?.startsWith('consensus.models'),
  );
});

test('models of three formats answer through their own servers, and the encoder compares them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-consensus-'));
  const server = await WireServer.start();
  try {
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, 'the-key\n');
    server.always({
      kind: 'json',
      json: { stance: 'reject', confidence: 90, reasons: ['It deletes the records.'], manipulation: false },
    });
    const baseUrl = `${server.url}/`;
    const desk = await openWith([
      { format: 'openai', model: 'a', baseUrl, keyFile },
      { format: 'anthropic', model: 'b', baseUrl, keyFile },
      { format: 'google', model: 'c', baseUrl, keyFile },
      { format: 'compatible', provider: 'llama', model: 'd', baseUrl, keyFile },
    ]);
    const answer = await desk!.query(decision, createBudget(clock, 5_000));
    assert.equal([answer.responseCount, answer.minorityCount, answer.disagrees], [4, 0, false]);
    const families = desk!.result(answer.queryId)!.responses.map(({ family }) => family);
    assert.equal(families, ['provider/openai', 'provider/anthropic', 'provider/google', 'provider/llama']);
    assert.equal(asked, ['encoder/use-lite']);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
