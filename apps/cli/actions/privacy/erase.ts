/** `witan erase`: erases a person or a decision, and waits for the certificate. */
import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { ErasureView } from '../../../../contracts/messages/privacy/erasure.ts';
import type { CommandRun } from '../../command.ts';
import { nodeClient } from '../../running-node.ts';
import { chosenBy } from './chosen-by.ts';

const ASK_EVERY_MS = 200;

/** `witan erase`: erase what the record holds of a person or a decision; proofs stay valid. */
export async function erase(call: CommandRun): Promise<number> {
  const { terminal, options } = call;
  const { reason, approver, out } = options as Record<string, string | undefined>;
  const node = nodeClient(call);
  const body = { ...chosenBy(options), reason, ...(approver !== undefined && { approver }) };
  let view = ErasureView.parse(await node.post('/api/v1/erasure/request', body));
  while (view.state !== 'done' && view.state !== 'refused') {
    await setTimeout(ASK_EVERY_MS, undefined, { signal: terminal.signal });
    view = ErasureView.parse(await node.get(`/api/v1/erasure/${view.erasureId}`));
  }
  terminal.json(view);
  if (view.state === 'refused') {
    terminal.line(`${terminal.paint('bad', 'refused')}: legal holds ${view.holdIds.join(', ')}`);
    return 1;
  }
  if (out !== undefined) writeFileSync(out, `${JSON.stringify(view.certificate, null, 2)}\n`);
  const { keyIds, copies } = view.certificate!.body;
  terminal.line(`${terminal.paint('good', 'erased')} ${view.erasureId}: ${view.decisionCount} decisions`);
  terminal.line(
    `  ${keyIds.length} keys destroyed, copies of the key store ` +
      (copies === 'destroyed' ? 'open no more' : 'may still open'),
  );
  terminal.line(`  certificate on the record at #${view.recordedAt.join(', #')}`);
  return 0;
}
