/** `witan archive`: long-term storage of the record. */
import { chmodSync, copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { WitanError } from '../../../../contracts/errors.ts';
import type { ArchiveReportView } from '../../../../contracts/messages/door/archive.ts';
import {
  archiveCostAt,
  changeArchiveKey,
  lifecycleDocument,
  restoreArchive,
  S3_TIERS,
  verifyArchiveAt,
} from '../../../../index.ts';
import type { ArchiveVerification } from '../../../../index.ts';
import type { CommandRun } from '../../command.ts';
import { commandSettings, dataFolder, nodeClient } from '../../running-node.ts';
import { storePrefix } from '../../../../config/store-prefix.ts';
import { bar, placeOf, requiredKey, sizeText } from './store-place.ts';

/** `witan archive verify`. */
export async function verify({ terminal, options }: CommandRun): Promise<number> {
  const place = placeOf(options, 'archive', 'from');
  const onProgress = bar(terminal, 'verifying');
  const found = await verifyArchiveAt({ ...place, pinned: requiredKey(options), onProgress });
  terminal.json(found);
  return show(found, { terminal, options, args: [] });
}

function show(found: ArchiveVerification, { terminal }: CommandRun): number {
  const { line, paint } = terminal;
  const { ok, logId, size, manifestCount, damage, checkpoint } = found;
  if (ok) {
    line(`${paint('good', 'verified')} ${logId}: ${size} entries in ${manifestCount} batches`);
    line(`  root ${checkpoint?.root ?? ''} under the signed head of ${checkpoint?.size ?? 0} entries`);
    return 0;
  }
  const { object, offset, index, reason } = damage!;
  line(`${paint('bad', 'NOT verified')}: ${object}`);
  if (offset !== null) line(`  byte  ${offset}`);
  if (index !== null) line(`  entry ${index}`);
  line(`  ${reason}`);
  line(`  ${size} entries before it fit`);
  return 7;
}

/** `witan archive restore`. */
export async function restore({ terminal, options }: CommandRun): Promise<number> {
  const place = placeOf(options, 'archive', 'from');
  const to = options['to'] as string;
  const onProgress = bar(terminal, 'restoring');
  const found = await restoreArchive({ ...place, pinned: requiredKey(options), to, onProgress });
  terminal.json({ to, logId: found.logId, size: found.size });
  terminal.line(`${found.size} entries of ${found.logId} in ${to}, verified`);
  return 0;
}

/** `witan archive cost`: what the archive costs in a month, by tier. */
export async function cost({ terminal, options }: CommandRun): Promise<number> {
  const tiers = await archiveCostAt(placeOf(options, 'archive', 'from'));
  let dollars = 0;
  for (const tier of tiers) {
    terminal.json(tier);
    dollars += tier.dollarsPerMonth;
    const price = `$${tier.dollarsPerGbMonth} a GB`;
    const amount = `${String(tier.objectCount).padStart(7)} objects ${sizeText(tier.sizeBytes).padStart(11)}`;
    terminal.line(
      `${tier.tier.padEnd(8)} ${tier.storageClass.padEnd(13)} ${amount}  ${price.padEnd(15)} ` +
        `$${tier.dollarsPerMonth.toFixed(4)} a month`,
    );
  }
  terminal.line(`${'together'.padEnd(59)}$${dollars.toFixed(4)} a month, without requests and retrieval`);
  return 0;
}

/** `witan archive lifecycle`. */
export async function lifecycle({ terminal, options }: CommandRun): Promise<number> {
  const prefix =
    (options['prefix'] as string | undefined) ?? storePrefix(commandSettings(options), 'archive');
  const document = lifecycleDocument(`${prefix}/`);
  terminal.json(document);
  terminal.line(JSON.stringify(document, null, 2));
  if (!terminal.isJson)
    terminal.note(`S3 takes no object into ${S3_TIERS[1]!.storageClass} before day ${S3_TIERS[1]!.fromDay}`);
  return 0;
}

/** `witan archive status`: how a running node’s archive stands. */
export async function status(call: CommandRun): Promise<number> {
  const { terminal } = call;
  const view = await nodeClient(call).archiveStatus();
  terminal.json(view);
  terminal.line(`${view.logId}: ${view.size} entries`);
  for (const { name, state, coveredCount, lastDoneAt, lastError } of view.jobs) {
    const paint = terminal.paint(state === 'failing' ? 'bad' : 'good', state.padEnd(8));
    const error = lastError ? `  ${lastError.code}: ${lastError.message}` : '';
    terminal.line(
      `${name.padEnd(8)} ${paint} ${coveredCount} entries, last ${lastDoneAt ?? 'never'}${error}`,
    );
  }
  if (view.jobs.length === 0) terminal.line('no store is set');
  return 0;
}

/** `witan archive run`: write what is new, now; resolves when it is confirmed. */
export async function run(call: CommandRun): Promise<number> {
  const { terminal, options } = call;
  const { job, report } = await nodeClient(call).runArchive(options['job'] as string);
  terminal.json({ job, report });
  terminal.line(report ? `${job}: ${told(report)}` : `${job}: nothing new`);
  return 0;
}

function told({ firstIndex, endIndex, objectCount, sizeBytes, object }: ArchiveReportView): string {
  const range = `entries ${firstIndex} to ${endIndex - 1}`;
  return `${range} in ${objectCount} objects, ${sizeText(sizeBytes)}, ${object}`;
}

/** `witan archive key`. */
export async function saveKey({ terminal, options }: CommandRun): Promise<number> {
  const file = join(dataFolder(options), 'keys', 'archive-key.json');
  const out = options['out'] as string;
  if (!existsSync(file)) {
    const details = { path: '--data-dir', expected: 'a data folder on which a node has run' };
    throw new WitanError('not_found', `there is no key ${file}`, details);
  }
  if (existsSync(out)) throw new WitanError('already_exists', `${out} exists`, { path: '--out' });
  copyFileSync(file, out);
  chmodSync(out, 0o600);
  terminal.json({ out });
  terminal.line(`${out}: keep it apart from the archive, and from this machine`);
  return 0;
}

/** `witan archive rotate-key`. */
export async function rotateKey({ terminal, options }: CommandRun): Promise<number> {
  const node = { settings: commandSettings(options), dataDir: dataFolder(options) };
  const { keyId, formerKeyIds } = await changeArchiveKey(node);
  terminal.json({ keyId, formerKeyIds });
  terminal.line(`${keyId} is the key of the archive now; ${formerKeyIds.length} before it still open theirs`);
  terminal.line('save it again with `witan archive key`: a copy from before opens nothing that is new');
  return 0;
}
