/** `witan bundle`: one file with everything that proves a decision, from record to transaction. */
import { writeFileSync } from 'node:fs';
import { WitanError } from '../../../../contracts/errors.ts';
import type { AnchorReceipt } from '../../../../contracts/messages/anchor.ts';
import type { EvidenceBundle } from '../../../../contracts/messages/bundle.ts';
import { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { CommandRun } from '../../command.ts';
import type { NodeClient } from '../../node-client.ts';
import { nodeClient } from '../../running-node.ts';

/** `witan bundle`. */
export async function makeBundle(call: CommandRun): Promise<number> {
  const { terminal, options, args } = call;
  const decisionId = DecisionId.safeParse(args[0]).data;
  if (decisionId === undefined) {
    const details = { path: 'id', expected: 'd and 32 hex digits' };
    throw new WitanError('invalid_argument', `${args[0]} is not the id of a decision`, details);
  }
  const node = nodeClient(call);
  const decision = await node.proof(decisionId);
  const bundle: EvidenceBundle = {
    format: 'witan-bundle/1',
    decision,
    witnessed: await unlessAbsent(node.tlogProof(decision.final.index).then(({ proof }) => proof)),
    anchors: await anchorsOf(node, decision.final.index),
  };
  const out = options['out'] as string;
  writeFileSync(out, `${JSON.stringify(bundle)}\n`);
  const { witnessed, anchors } = bundle;
  terminal.json({ out, decisionId, hasWitnessed: witnessed !== null, anchorCount: anchors.length });
  const chain = anchors.length === 0 ? 'not anchored on a chain yet' : `${anchors.length} anchors`;
  terminal.line(`${out}: records, log${witnessed === null ? '' : ', published head'}, ${chain}`);
  return 0;
}

/** One receipt of each chain that covers the entry. */
async function anchorsOf(node: NodeClient, index: number): Promise<AnchorReceipt[]> {
  const status = await unlessAbsent(node.anchorStatus());
  const receipts: AnchorReceipt[] = [];
  for (const { name } of status?.chains ?? []) {
    const receipt = await unlessAbsent(node.anchorReceipt(String(index), name));
    if (receipt) receipts.push(receipt);
  }
  return receipts;
}

/** Null where the node does not run the service, or does not cover the entry yet. */
async function unlessAbsent<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof WitanError && (error.code === 'not_supported' || error.code === 'not_found')) {
      return null;
    }
    throw error;
  }
}
