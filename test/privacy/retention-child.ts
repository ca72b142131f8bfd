/**
 * A node's stores with a pass of retention under way, killed by SIGKILL at a named step: run by its test.
 *
 *     node --import tsx retention-child.ts FOLDER prepare|retain|look [STEP]
 */
import { writeSync } from 'node:fs';
import { beginPass, endPass } from '../../agents/platform/audit/retention/retention-actor.ts';
import { decisionIdOf } from '../../contracts/ledger/signing.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { closeStores } from '../../runtime/host/record/open-stores.ts';
import { openRetentionScene } from './retention-scene.ts';

const [, , dataDir = '', mode = '', step = ''] = process.argv;
// The log's thread does not keep a process alive by itself.
const alive = setInterval(() => undefined, 1_000);
const kill = (point: string): void => void (point === step && process.kill(process.pid, 'SIGKILL'));
const scene = await openRetentionScene(dataDir, {
  day: mode === 'prepare' ? '2027-03-01' : '2036-01-01',
  onStep: kill,
});
const { stores, desk, holds, retention, clock, decide, textOf } = scene;
if (mode === 'prepare') {
  await decide('Xyloquen Vardemoor asks', { subjects: ['person-Qx7'] });
  await decide('Xyloquen Vardemoor asks again');
  scene.goTo('2030-03-01');
  await decide('young', { subjects: ['person-Qx7'] });
}
// As at the start of a node: what was begun is ended first.
await holds.finish();
for (const erasureId of desk.unfinished) await desk.advance(erasureId);
if (mode !== 'prepare') {
  const pass = await beginPass(retention, clock.wallMs());
  while (!pass.isAtEnd) await pass.round();
  kill('rounds done');
  await endPass(pass, retention);
  kill('mark stored');
}
const ids = ['Xyloquen Vardemoor asks', 'Xyloquen Vardemoor asks again', 'young'].map((name) =>
  decisionIdOf('acme', name, sha256),
);
const texts = [];
for (const id of ids) texts.push(await textOf(id));
const person = (await scene.keysOf(ids[0]!))[1]!;
const seen = {
  texts,
  tombstones: await scene.tombstones(),
  isPersonErased: stores.subjectKeys.isErased(person),
  states: (await scene.erasure.store.load()).erasures.map(({ state }) => state),
  mark: await retention.store.retentionMark(),
};
await stores.ledger.checkpoint();
const { publicKey } = stores.keys.active('checkpoint');
const pinned = {
  format: 'witan-verify-key/1',
  logId: stores.ledger.logId,
  publicKeys: [Buffer.from(publicKey).toString('hex')],
};
writeSync(1, `${JSON.stringify({ ...seen, pinned })}\n`);
await closeStores(stores);
clearInterval(alive);
