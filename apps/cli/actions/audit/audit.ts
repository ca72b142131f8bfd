/** `witan audit`: search, show and check entries of the trail. */
import { writeFileSync } from 'node:fs';
import { WitanError } from '../../../../contracts/errors.ts';
import type { AuditEntry } from '../../../../contracts/messages/audit/entry.ts';
import { verifyAuditFile } from '../../../../index.ts';
import { readAuditFile } from '../../evidence-files.ts';
import type { CommandRun } from '../../command.ts';
import { nodeClient, pinnedKey } from '../../running-node.ts';

/** Options of `search` that are filters of the endpoint. */
const FILTERS = {
  from: 'from',
  to: 'to',
  action: 'action_type',
  category: 'category',
  actor: 'actor',
  decision: 'decision_id',
  system: 'system_id',
  text: 'text',
  limit: 'limit',
  cursor: 'cursor',
} as const;

/** `witan audit search`: list entries, newest first. */
export async function search(call: CommandRun): Promise<number> {
  const { terminal, options } = call;
  const query = new URLSearchParams();
  for (const [option, filter] of Object.entries(FILTERS)) {
    const value = options[option];
    if (typeof value === 'string') query.set(filter, value);
  }
  const path = `/api/v1/audit/search?${query.toString()}`;
  const { items, nextCursor } = (await nodeClient(call).get(path)) as {
    readonly items: readonly AuditEntry[];
    readonly nextCursor: string | null;
  };
  for (const entry of items) {
    terminal.json(entry);
    terminal.line(lineOf(entry, call));
  }
  if (items.length === 0) terminal.line('no entries');
  if (nextCursor !== null) terminal.note(`more: --cursor ${nextCursor}`);
  return 0;
}

/** `witan audit show`: give one entry, signed. */
export async function show(call: CommandRun): Promise<number> {
  const { terminal, options, args } = call;
  const tail = options['proof'] === true ? '/proof' : '';
  const found = await nodeClient(call).get(`/api/v1/audit/${encodeURIComponent(args[0]!)}${tail}`);
  if (typeof options['out'] === 'string') {
    writeFileSync(options['out'], `${JSON.stringify(found)}\n`);
    terminal.note(`written to ${options['out']}`);
  }
  terminal.json(found);
  if (typeof options['out'] !== 'string') terminal.line(JSON.stringify(found, null, 2));
  return 0;
}

/** `witan audit verify`: check an entry or a package of evidence offline, against a pinned key. */
export async function verify({ terminal, options, args }: CommandRun): Promise<number> {
  const given = readAuditFile(args[0]!);
  const pinned = pinnedKey(options, logOf(given));
  if (!pinned) {
    throw new WitanError('invalid_argument', 'no key is pinned, so nothing can be verified', {
      path: '--key',
      expected: 'the public key that the node printed at its start, or its verify-key.json',
    });
  }
  const result = verifyAuditFile(given, pinned);
  terminal.json(result);
  if (result.ok) {
    terminal.line(`${terminal.paint('good', 'verified')} ${result.kind}: ${result.checked.length} checks`);
    return 0;
  }
  const { check, field, expected, actual } = result.mismatch!;
  terminal.line(`${terminal.paint('bad', 'NOT verified')}: ${field} (${check})`);
  terminal.line(`  expected ${expected}`);
  terminal.line(`  found    ${actual}`);
  return 7;
}

/** Log that a file speaks of: whose key the reader has to name when it is given as digits alone. */
function logOf(given: unknown): string | undefined {
  const { record, entry, manifest } = given as {
    readonly record?: { readonly log?: string };
    readonly entry?: { readonly record?: { readonly log?: string } };
    readonly manifest?: { readonly log?: string } | null;
  };
  return record?.log ?? entry?.record?.log ?? manifest?.log;
}

function lineOf(entry: AuditEntry, { terminal: { paint } }: CommandRun): string {
  const { timestamp, action_type, actor, decision_id, record, log_id } = entry;
  const decision = decision_id === null ? '' : ` ${decision_id.slice(0, 9)}`;
  const place = paint('soft', `#${record.index} ${log_id}`);
  return `${timestamp}  ${paint('strong', action_type.padEnd(24))} ${actor.id}${decision}  ${place}`;
}
