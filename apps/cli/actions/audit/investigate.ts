/** `witan investigate`: investigations of decisions, their reports and evidence. */
import { writeFileSync } from 'node:fs';
import { reportMarkdown } from '../../../../contracts/accountability/render-report.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { EvidencePackage } from '../../../../contracts/messages/accountability/evidence.ts';
import type {
  Investigation,
  InvestigationReport,
} from '../../../../contracts/messages/accountability/investigation.ts';
import { writeEvidenceFolder } from '../../evidence-files.ts';
import type { CommandRun } from '../../command.ts';
import { nodeClient } from '../../running-node.ts';

const BASE = '/api/v1/investigation';

/** `witan investigate create`: open an investigation. */
export async function create(call: CommandRun): Promise<number> {
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

/** `witan investigate show`: show an investigation. */
export async function show(call: CommandRun): Promise<number> {
  return told((await nodeClient(call).get(pathOf(call))) as Investigation, call);
}

/** `witan investigate note`: add a note. */
export async function note(call: CommandRun): Promise<number> {
  return change(call, 'note', { text: call.options['text'] });
}

/** `witan investigate close`: close it. */
export async function close(call: CommandRun): Promise<number> {
  return change(call, 'close', { conclusion: call.options['conclusion'] });
}

async function change(call: CommandRun, what: 'note' | 'close', body: object): Promise<number> {
  return told((await nodeClient(call).post(`${pathOf(call)}/${what}`, body)) as Investigation, call);
}

/** `witan investigate report`: print the report as Markdown. */
export async function report(call: CommandRun): Promise<number> {
  const made = (await nodeClient(call).get(`${pathOf(call)}/report`)) as InvestigationReport;
  call.terminal.json(made);
  call.terminal.line(reportMarkdown(made));
  return 0;
}

/** `witan investigate export`: take the evidence; the record says who took it. */
export async function take(call: CommandRun): Promise<number> {
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
