/** `witan audit`: search, show and check entries of the trail. */
import type { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import { WitanError } from '../../../../contracts/errors.ts';
import type { AuditEntry } from '../../../../contracts/messages/audit/entry.ts';
import { verifyAuditFile } from '../../../../index.ts';
import { readAuditFile } from '../../evidence-files.ts';
import type { CommandRun, Register } from '../../command.ts';
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

/** Adds the commands. */
export function addAudit(program: Command, register: Register): void {
  const audit = program
    .command('audit')
    .description('search, show and check entries of the record')
    .addHelpText(
      'after',
      '\nExamples:\n  witan audit search --action "decision.*" --limit 20' +
        '\n  witan audit search --text injection --from 2026-11-01T00:00:00Z --json' +
        '\n  witan audit show 16ee8b02-b33f-8fec-8000-000000000011 --proof --out entry.json' +
        '\n  witan audit verify entry.json --key verify-key.json' +
        '\n  witan audit verify evidence/ --key verify-key.json',
    );
  const shared = (command: Command): Command =>
    command
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)");
  register(
    shared(audit.command('search'))
      .description('list entries, newest first')
      .option('--from <time>', 'at or after, as 2026-11-21T00:00:00Z')
      .option('--to <time>', 'before')
      .option('--action <name>', 'action, or its beginning with * at the end')
      .option('--category <name>', 'decision, request, authentication, authorisation, security, …')
      .option('--actor <id>', 'who acted')
      .option('--decision <id>', 'entries of a decision')
      .option('--system <id>', 'system that the entry is about')
      .option('--text <words>', 'words of the action')
      .option('--limit <count>', 'entries at most, 1 to 200')
      .option('--cursor <text>', 'where the page before ended')
      .addHelpText('after', '\nExamples:\n  witan audit search --category security --limit 10'),
    search,
  );
  register(
    shared(audit.command('show'))
      .description('give one entry, signed')
      .argument('<log id>', 'id of the entry, as `witan audit search` shows it')
      .option('--proof', 'with the record and its proof')
      .option('--out <file>', 'write it to a file instead of printing it')
      .addHelpText(
        'after',
        '\nExamples:\n  witan audit show 16ee8b02-b33f-8fec-8000-000000000011 --proof --out entry.json',
      ),
    show,
  );
  register(
    audit
      .command('verify')
      .description('check an entry or a package of evidence offline, against a pinned key')
      .argument('<file or folder>', 'an entry, an entry with its record, or evidence of an investigation')
      .option('--key <hex or file>', "public key that you trust (default: the data folder's verify-key.json)")
      .option('--data-dir <folder>', "folder of the node's files (default .witan)")
      .addHelpText(
        'after',
        '\nExamples:\n  witan audit verify entry.json\n  witan audit verify evidence/ --key k.json',
      ),
    verify,
  );
}

async function search(call: CommandRun): Promise<number> {
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

async function show(call: CommandRun): Promise<number> {
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

async function verify({ terminal, options, args }: CommandRun): Promise<number> {
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
