/**
 * A node's stores with an erasure under way, killed by SIGKILL at a named step: run by the test of crashes.
 *
 *     node --import tsx erasure-child.ts FOLDER prepare|erase|look [STEP]
 */
import { writeSync } from 'node:fs';
import { ErasureDesk } from '../../agents/platform/audit/erasure/erasure-desk.ts';
import { HoldDesk } from '../../agents/platform/audit/erasure/hold-desk.ts';
import type { ErasurePorts } from '../../agents/platform/audit/erasure/ports.ts';
import { SettingsSchema } from '../../config/schema.ts';
import { decisionIdOf } from '../../contracts/ledger/signing.ts';
import type { Decision } from '../../contracts/messages/decision.ts';
import { closeStores, openStores } from '../../runtime/host/record/open-stores.ts';
import { erasurePorts } from '../../runtime/host/services/erasure/erasure-ports.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import { finalOf, openedOf } from './recorded-decision.ts';

const [, , dataDir = '', mode = '', step = ''] = process.argv;
// The log's thread does not keep a process alive by itself.
const alive = setInterval(() => undefined, 1_000);
const clock = new SystemClock();
const settings = SettingsSchema.parse({});
const stores = await openStores({ settings, dataDir, clock, onSubscriberError: () => undefined });
const { privacy } = stores;
const principal = { id: 'user:dpo', tenant: 'acme', scopes: [] };
const decisionId = decisionIdOf('acme', 'the case', sha256);
const ports: ErasurePorts = {
  ...erasurePorts(stores, clock, () => undefined),
  onStep: (point) => {
    if (point === step) process.kill(process.pid, 'SIGKILL');
  },
};

if (mode === 'prepare') {
  for (const text of ['Xyloquen Vardemoor asks', 'nothing of it']) {
    const id = text.startsWith('X') ? decisionId : decisionIdOf('acme', text, sha256);
    const subjects = text.startsWith('X') ? ['person-Qx7-of-the-crash'] : [];
    const decision: Decision = {
      decisionId: id,
      tenant: 'acme',
      digest: `sha256:${'0'.repeat(64)}` as Decision['digest'],
      request: { type: 'chat', text, subjects },
    };
    const concealed = await privacy.conceal(decision);
    const entry = { tenant: 'acme', decisionId: id } as const;
    await privacy.append({ ...entry, kind: 'opened', payload: openedOf(concealed) });
    await privacy.append({ ...entry, kind: 'final', payload: finalOf(concealed, text) });
  }
}

const { erasures, holds } = await ports.store.load();
const desk = new ErasureDesk(ports, erasures);
await new HoldDesk(ports, holds).finish();
for (const erasureId of desk.unfinished) await desk.advance(erasureId);
if (mode === 'erase') {
  const view = await desk.request({ subject: 'person-Qx7-of-the-crash', reason: 'asked for' }, principal);
  await desk.advance(view.erasureId);
}
const seen = [];
for await (const entry of privacy.read(0)) {
  const { request, input } = entry.payload as { request?: { text?: string }; input?: string };
  if (entry.kind === 'opened') seen.push({ text: request?.text, input });
}
const tombstones = [];
for await (const { payload } of privacy.recorded.read(0)) {
  if ((payload as { format?: string }).format === 'witan-erasure/1') tombstones.push(payload);
}
const [last] = (await ports.store.load()).erasures;
writeSync(1, `${JSON.stringify({ seen, tombstones, erasure: last ?? null })}\n`);
await closeStores(stores);
clearInterval(alive);
