/** `witan content`: register, verify, trace, mark, certify and export content. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { WitanError } from '../../../contracts/errors.ts';
import { normaliseMetadata } from '../../../contracts/content/metadata.ts';
import type { ContentCertificateView } from '../../../contracts/messages/content/certificate.ts';
import type { ContentProvenance } from '../../../contracts/messages/content/provenance.ts';
import type { ContentReceipt } from '../../../contracts/messages/content/registration.ts';
import type { ContentVerification } from '../../../contracts/messages/content/verification.ts';
import type { WatermarkAnswer } from '../../../contracts/messages/content/watermark.ts';
import type { CommandRun } from '../command.ts';
import { nodeClient } from '../running-node.ts';
import type { Terminal } from '../terminal.ts';

const HASH = /^(?:sha256:|0x)?([0-9a-f]{64})$/;

/** `witan content register`. */
export async function registerFile(call: CommandRun): Promise<number> {
  const { options, args, terminal } = call;
  const bytes = bytesOf(args[0]!);
  const parametersFile = options['parameters'] as string | undefined;
  const metadata = normaliseMetadata({
    modelId: options['model'],
    modelVersion: options['modelVersion'],
    createdAt: options['created'] ?? new Date(Date.now()),
    creator: options['creator'],
    parameters: parametersFile === undefined ? {} : jsonIn(parametersFile),
  });
  const source =
    options['digest'] === true ? { digest: hashOf(bytes) } : { base64: bytes.toString('base64') };
  const receipt = (await nodeClient(call).content('register', {
    ...source,
    metadata,
    parents: options['parent'] ?? [],
    store: options['store'] === true,
    certify: options['certify'] === true,
  })) as ContentReceipt;
  terminal.json(receipt);
  const { record, chain } = receipt;
  terminal.line(`${terminal.paint('good', 'registered')} ${record.contentHash}`);
  terminal.line(`  log ${record.place.logId}, record #${record.place.index}`);
  terminal.line(`  chain: ${chain.state === 'off' ? chain.detail : `${chain.state}, ${chain.detail}`}`);
  if (record.cid !== null) terminal.line(`  content id ${record.cid}`);
  return 0;
}

/** `witan content verify`. */
export async function verify(call: CommandRun): Promise<number> {
  const { args, terminal } = call;
  const seen = (await nodeClient(call).content('verify', sourceOf(args[0]!))) as ContentVerification;
  terminal.json(seen);
  const style = { verified: 'good', registered: 'warn', unknown: 'soft', disputed: 'bad' } as const;
  terminal.line(`${terminal.paint(style[seen.status], seen.status)} ${seen.contentHash}`);
  const { record, chain } = seen;
  if (record) {
    const { modelId, createdAt } = record.metadata;
    terminal.line(
      `  record #${record.place.index} of ${record.place.at}, model ${modelId}, made ${createdAt}`,
    );
  }
  const token = chain.record ? `, token ${chain.record.tokenId} of chain ${chain.record.chainId}` : '';
  terminal.line(`  chain: ${chain.state}${token}`);
  for (const view of seen.certificates) terminal.line(`  ${describe(view, terminal)}`);
  for (const { kind, originalHash, isUnchanged } of seen.watermarks) {
    const what = isUnchanged ? 'exactly as marked' : 'changed since, or copied';
    terminal.line(`  ${kind} watermark of ${originalHash ?? 'an unknown original'}, ${what}`);
  }
  for (const one of seen.disagreements) terminal.line(`  ${terminal.paint('bad', 'disagreement')}: ${one}`);
  if (seen.status === 'disputed') return 7;
  return seen.status === 'unknown' && seen.watermarks.length === 0 ? 3 : 0;
}

/** `witan content provenance`: what content was made from, and what was made from it. */
export async function provenance(call: CommandRun): Promise<number> {
  const { args, terminal } = call;
  const graph = (await nodeClient(call).content(`${namedHash(args[0]!)}/provenance`)) as ContentProvenance;
  terminal.json(graph);
  for (const { contentHash, origin, modelId, distance, place } of graph.nodes) {
    const side = distance === 0 ? 'itself' : distance < 0 ? 'made from it' : `${distance} above`;
    terminal.line(
      `${contentHash}  ${origin} by ${modelId}  ${terminal.paint('soft', `${side}, #${place.index}`)}`,
    );
  }
  if (graph.isTruncated) terminal.note('there is more than is shown');
  return 0;
}

/** `witan content watermark`. */
export async function watermark(call: CommandRun): Promise<number> {
  const { args, options, terminal } = call;
  const bytes = bytesOf(args[0]!);
  const isImage = bytes[0] === 0x89 || bytes[0] === 0xff;
  const body = isImage ? { base64: bytes.toString('base64') } : { text: textOf(bytes) };
  const marked = (await nodeClient(call).content('watermark', body)) as WatermarkAnswer;
  const out = options['out'] as string;
  writeFileSync(out, marked.base64 === null ? marked.text! : Buffer.from(marked.base64, 'base64'));
  const { text: _text, base64: _base64, ...rest } = marked;
  terminal.json({ out, ...rest });
  const cost =
    marked.psnrDb === null ? `${marked.addedCharacters} invisible characters` : `${marked.psnrDb} dB`;
  terminal.line(`${terminal.paint('good', 'marked')} ${out}: mark ${marked.markId}, ${cost}`);
  if (!marked.isReadable) {
    terminal.line(
      terminal.paint('warn', '  this picture hides the mark from our own detector: do not rely on it'),
    );
  }
  return 0;
}

/** `witan content certificate`. */
export async function certificate(call: CommandRun): Promise<number> {
  const { args, options, terminal } = call;
  const path = `${namedHash(args[0]!)}/certificates`;
  const revoked = options['revoke'] as string | undefined;
  const show = (view: ContentCertificateView): void => {
    terminal.json(view);
    terminal.line(describe(view, terminal));
  };
  if (options['list'] === true) {
    const { items } = (await nodeClient(call).content(path)) as { items: ContentCertificateView[] };
    items.forEach(show);
    if (items.length === 0) terminal.line('no certificates');
    return 0;
  }
  if (revoked !== undefined) {
    const reason = options['reason'];
    if (reason === undefined) throw wrong('--reason is missing', '--reason', 'why it is revoked');
    show((await nodeClient(call).content(`${path}/${revoked}/revoke`, { reason })) as ContentCertificateView);
    return 0;
  }
  const days = options['days'] as string | undefined;
  if (days !== undefined && !/^\d{1,5}$/.test(days))
    throw wrong('--days is no whole number', '--days', 'digits');
  const body = days === undefined ? {} : { lifeDays: Number(days) };
  show((await nodeClient(call).content(path, body)) as ContentCertificateView);
  return 0;
}

/** `witan content export`: write kept content as a CAR v1 file, under its IPFS content id. */
export async function exportCar(call: CommandRun): Promise<number> {
  const { args, options, terminal } = call;
  const out = options['car'] as string;
  const { bytes, cid } = await nodeClient(call).contentFile(`${namedHash(args[0]!)}/car`);
  writeFileSync(out, bytes);
  terminal.json({ out, cid, sizeBytes: bytes.length });
  terminal.line(`${out}: ${bytes.length} bytes, root ${cid}; no network keeps it unless somebody pins it`);
  return 0;
}

function describe(
  { certificate: { body }, state, revocationReason }: ContentCertificateView,
  { paint }: Terminal,
): string {
  const style = { valid: 'good', expired: 'warn', revoked: 'bad' } as const;
  const until = body.expiresAt === null ? 'without an end' : `until ${body.expiresAt.slice(0, 10)}`;
  const why = revocationReason === null ? '' : ` (${revocationReason})`;
  return `certificate ${body.id}  ${paint(style[state], state)}${why}, ${until}`;
}

function sourceOf(what: string): { digest: string } | { base64: string } {
  return HASH.test(what) ? { digest: what } : { base64: bytesOf(what).toString('base64') };
}

function namedHash(what: string): string {
  const digits = HASH.exec(what)?.[1];
  return digits === undefined ? hashOf(bytesOf(what)) : `sha256:${digits}`;
}

function hashOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const details = { path: 'file', expected: 'a file, or 64 hex digits' };
    throw new WitanError('not_found', `there is no file ${file}`, details, cause);
  }
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new WitanError(
      'bad_encoding',
      'the file is neither an image nor text in UTF-8',
      { path: 'file' },
      cause,
    );
  }
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(bytesOf(file).toString('utf8'));
  } catch (cause) {
    if (cause instanceof WitanError) throw cause;
    throw new WitanError('bad_encoding', `${file} is not JSON`, { path: '--parameters' }, cause);
  }
}

function wrong(message: string, path: string, expected: string): WitanError {
  return new WitanError('invalid_argument', message, { path, expected });
}
