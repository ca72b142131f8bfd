/**
 * A witness that a test kills: it answers one request and stops for ever where it is told to.
 *
 *     node --import tsx test/integration/killed-witness.ts FOLDER before-save|after-save|after-sign SIZE
 *
 * Prints `reached` when it stands there.
 */
import { spawnCosigner } from '../../agents/platform/audit/witness/cosigner.ts';
import type { CosignerReply } from '../../agents/platform/audit/witness/cosigner-messages.ts';
import { query, start } from '../../runtime/kernel/index.ts';
import type { ActorRef } from '../../runtime/kernel/index.ts';
import { FileWitnessStore } from '../../runtime/store/witness/file-witness-store.ts';
import { CRYPTO, ScriptedLog, WITNESS } from '../unit/witness/scripted-log.ts';

const [folder, place, size] = process.argv.slice(2) as [string, string, string];
const store = await FileWitnessStore.open(folder);
const stand = (): Promise<never> => {
  process.stdout.write('reached\n');
  // A socket or timer that stays open keeps the process where it is.
  setInterval(() => undefined, 60_000);
  return new Promise(() => undefined);
};
const saveHead = store.saveHead.bind(store);
store.saveHead = async (head) => {
  if (place === 'before-save') await stand();
  await saveHead(head);
  if (place === 'after-save') await stand();
};
if (place === 'after-sign') store.saveNote = stand;

const system = start({ node: 'killed' });
const log = new ScriptedLog().grow(Number(size));
const cosigner = spawnCosigner(system.root, {
  store,
  ledger: { append: async () => undefined as never },
  clock: system.clock,
  crypto: CRYPTO,
  telemetry: { count: () => undefined },
  logs: [log.signer.key],
  signers: () => [WITNESS],
});
const known = (await store.head(log.origin))?.size ?? 0;
await query(
  cosigner,
  (replyTo: ActorRef<CosignerReply>) => ({
    type: 'add-checkpoint' as const,
    request: log.request(known),
    replyTo,
  }),
  { timeoutMs: 600_000 },
);
