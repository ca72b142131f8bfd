/** `witan investigate`: investigations of decisions, their reports and evidence. */
import type { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import { reportMarkdown } from '../../../../contracts/accountability/render-report.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { EvidencePackage } from '../../../../contracts/messages/accountability/evidence.ts';
import type {
  Investigation,
  InvestigationReport,
} from '../../../../contracts/messages/accountability/investigation.ts';
import { writeEvidenceFolder } from '../../evidence-files.ts';
import type { CommandRun, Register } from '../../command.ts';
import { nodeClient } from '../../running-node.ts';

const BASE = '/api/v1/investigation';

/** Adds the commands. */
export function addInvestigate(program: Command, register: Register): void {
  const investigate = program
    .command('investigate')
    .description('investigate decisions: timeline, parties, factors, evidence')
    .addHelpText(
      'after',
      '\nExamples:\n  witan investigate create d0123456789abcdef0123456789abcdef --reason "a complaint"' +
        '\n  witan investigate report i0123456789abcdef0123456789abcdef > report.md' +
        '\n  witan investigate export i0123456789abcdef0123456789abcdef --out evidence' +
        '\n  witan audit verify evidence --key verify-key.json',
    );
  const shared = (command: Command): Command =>
    command
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)");
  const one = (name: string, description: string): Command =>
    shared(investigate.command(name))
      .description(description)
      .argument('<id>', 'id of the investigation')
      .addHelpText('after', `\nExamples:\n  witan investigate ${name} i0123456789abcdef0123456789abcdef`);
  register(
    shared(investigate.command('create'))
      .description('open an investigation')
      .argument('[decision...]', 'ids of decisions')
      .option('--actor <id>', 'also the decisions of entries of this actor')
      .option('--from <time>', 'also the decisions of entries from this time on')
      .option('--to <time>', 'up to this time')
      .requiredOption('--reason <text>', 'why; it is recorded')
      .addHelpText(
        'after',
        '\nExamples:\n  witan investigate create d0123456789abcdef0123456789abcdef --reason "a complaint"' +
          '\n  witan investigate create --from 2026-11-21T09:00:00Z --to 2026-11-21T10:00:00Z' +
          ' --reason outage',
      ),
    create,
  );
  register(one('show', 'show an investigation'), show);
  register(one('report', 'print the report as Markdown'), report);
  register(
    one('note', 'add a note').requiredOption('--text <text>', 'what to note; it is recorded'),
    (call) => change(call, 'note', { text: call.options['text'] }),
  );
  register(
    one('close', 'close it').requiredOption('--conclusion <text>', 'what was found; it is recorded'),
    (call) => change(call, 'close', { conclusion: call.options['conclusion'] }),
  );
  register(
    one('export', 'take the evidence; the record says who took it').option(
      '--out <folder or file.json>',
      'where to write it (default: a folder with the id as its name)',
    ),
    take,
  );
}

async function create(call: CommandRun): Promise<number> {
  const { options, args } = call;
  const { actor, from, to, reason } = options as Record<string, string | undefined>;
  const search = { ...(actor && { actor }), ...(from && { from }), ...(to && { to }) };
  const body = {
    reason,
    ...(args.length > 0 && { decision_ids: args }),
    ...(Object.keys(search).length > 0 && { search }),
  };
  return told((await nodeClient(call).post(`${BASE}/create`, body)) as Investigation, call);
}

async function show(call: CommandRun): Promise<number> {
  return told((await nodeClient(call).get(pathOf(call))) as Investigation, call);
}

async function change(call: CommandRun, what: 'note' | 'close', body: object): Promise<number> {
  return told((await nodeClient(call).post(`${pathOf(call)}/${what}`, body)) as Investigation, call);
}

async function report(call: CommandRun): Promise<number> {
  const made = (await nodeClient(call).get(`${pathOf(call)}/report`)) as InvestigationReport;
  call.terminal.json(made);
  call.terminal.line(reportMarkdown(made));
  return 0;
}

async function take(call: CommandRun): Promise<number> {
  const { terminal, options, args } = call;
  const parsed = EvidencePackage.safeParse(await nodeClient(call).post(`${pathOf(call)}/export`, {}));
  if (!parsed.success) throw new WitanError('unavailable', 'the node gave no package of evidence');
  const out = (options['out'] as string | undefined) ?? args[0]!;
  if (out.endsWith('.json')) writeFileSync(out, `${JSON.stringify(parsed.data)}\n`);
  else writeEvidenceFolder(out, parsed.data);
  const { files, size } = parsed.data.manifest;
  terminal.json({ out, files: files.length, size });
  terminal.line(`${files.length} files in ${out}, from a log of ${size} entries`);
  terminal.note(`check it: witan audit verify ${out} --key <public key of the log>`);
  return 0;
}

function told(investigation: Investigation, { terminal }: CommandRun): number {
  const { id, state, decision_ids, reason, opened_by, opened_at, notes, conclusion } = investigation;
  terminal.json(investigation);
  terminal.line(`${terminal.paint('strong', id)} ${state}, opened by ${opened_by} at ${opened_at}`);
  terminal.line(`  ${reason}`);
  terminal.line(`  decisions: ${decision_ids.join(' ')}`);
  for (const { by, at, text } of notes) terminal.line(`  ${at} ${by}: ${text}`);
  if (conclusion !== null) terminal.line(`  conclusion: ${conclusion}`);
  return 0;
}

function pathOf({ args }: CommandRun): string {
  return `${BASE}/${encodeURIComponent(args[0]!)}`;
}
