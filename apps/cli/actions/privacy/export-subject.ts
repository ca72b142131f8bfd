/** `witan privacy export`: reads all pages of what the record holds on a person. */
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { WitanError } from '../../../../contracts/errors.ts';
import {
  EXPORT_PAGE_MAX_COUNT,
  SubjectExport,
} from '../../../../contracts/messages/privacy/subject-export.ts';
import type { ExportedRecord } from '../../../../contracts/messages/privacy/subject-export.ts';
import type { CommandRun } from '../../command.ts';
import { nodeClient } from '../../running-node.ts';

/** Exports a person; with `--out` into a file that only its owner reads. */
export async function exportSubject(call: CommandRun): Promise<number> {
  const { terminal, options } = call;
  const { subject, out } = options as Record<string, string | undefined>;
  const node = nodeClient(call);
  const file = out === undefined ? undefined : await newFile(out);
  const counts: Record<ExportedRecord['state'], number> = { open: 0, plain: 0, erased: 0 };
  let isFirst = true;
  try {
    for (let cursor: string | undefined, isLast = false; !isLast;) {
      const asked = { subject, limit: EXPORT_PAGE_MAX_COUNT, ...(cursor !== undefined && { cursor }) };
      const page = SubjectExport.parse(await node.post('/api/v1/privacy/export', asked));
      const { items, nextCursor, ...head } = page;
      if (isFirst) await file?.write(`${JSON.stringify(head).slice(0, -1)},"items":[`);
      for (const item of items) {
        counts[item.state] += 1;
        terminal.json(item);
        if (file) await file.write(`${isSeparated(counts) ? ',' : ''}\n${JSON.stringify(item)}`);
        else describe(item, call);
      }
      isFirst = false;
      cursor = nextCursor ?? undefined;
      isLast = nextCursor === null;
    }
    await file?.write('\n]}\n');
    await file?.sync();
  } catch (error) {
    // Half of it would look like all of it.
    if (out !== undefined) await rm(out, { force: true });
    throw error;
  } finally {
    await file?.close();
  }
  const { open: opened, plain, erased } = counts;
  terminal.line(`${opened + plain + erased} records: ${opened} opened, ${plain} plain, ${erased} erased`);
  if (out !== undefined) terminal.line(`written to ${out}`);
  return 0;
}

function isSeparated({ open: opened, plain, erased }: Record<ExportedRecord['state'], number>): boolean {
  return opened + plain + erased > 1;
}

function describe({ type, decisionId, state, entries }: ExportedRecord, { terminal }: CommandRun): void {
  const [first] = entries;
  const places = entries.map(({ index }) => `#${index}`).join(' ');
  terminal.line(`${first?.at ?? ''}  ${type}  ${decisionId ?? '-'}  ${state}  ${places}`);
}

/** Personal data is never written over something, nor where others may read it. */
async function newFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    const isThere = (cause as { code?: string }).code === 'EEXIST';
    const code = isThere ? ('already_exists' as const) : ('storage_failed' as const);
    throw new WitanError(code, `${path} cannot be made`, { path: '--out', expected: 'a new file' }, cause);
  }
}
