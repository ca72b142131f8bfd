/** `witan archive`: long-term storage of the record. */
import type { Command } from 'commander';
import { chmodSync, copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { WitanError } from '../../../../contracts/errors.ts';
import type { ArchiveReportView } from '../../../../contracts/messages/door/archive.ts';
import {
  archiveCostAt,
  lifecycleDocument,
  restoreArchive,
  S3_TIERS,
  verifyArchiveAt,
} from '../../../../index.ts';
import type { ArchiveVerification } from '../../../../index.ts';
import type { CommandRun, Register } from '../../command.ts';
import { commandSettings, dataFolder, nodeClient } from '../../running-node.ts';
import { bar, keyOptions, placeOf, requiredKey, sizeText, storeOptions } from './store-options.ts';

/** Adds the commands. */
export function addArchive(program: Command, register: Register): void {
  const archive = program
    .command('archive')
    .description('long-term storage of the record: verify, restore, cost, run')
    .addHelpText(
      'after',
      '\nExamples:\n  witan archive verify --from s3://bucket/witan --key verify-key.json' +
        '\n  witan archive restore --from /mnt/archive --to /var/lib/witan --key verify-key.json' +
        '\n  witan archive cost\n  witan archive run',
    );
  const from = (command: Command): Command =>
    command
      .option('--from <store>', 'folder or s3://bucket/prefix (default: the archive of the settings)')
      .option('--prefix <name>', 'first part of the names of objects (default: archive.prefix)');
  const pinned = (command: Command): Command =>
    from(keyOptions(command)).option(
      '--key <hex or file>',
      "public key that you trust (default: the data folder's)",
    );
  register(
    pinned(archive.command('verify'))
      .description('check an archive from its objects alone: every entry, chain, tree, signatures')
      .addHelpText(
        'after',
        '\nExit code 7 when anything is wrong; the object, and its byte or entry, is named.',
      ),
    verify,
  );
  register(
    pinned(archive.command('restore'))
      .description('make a data folder with the archived log in it; keys of the node are in backups alone')
      .requiredOption('--to <folder>', 'data folder that is made'),
    restore,
  );
  register(
    from(storeOptions(archive.command('cost'))).description('what the archive costs in a month, by tier'),
    cost,
  );
  register(
    storeOptions(archive.command('lifecycle'))
      .description('lifecycle rules of the bucket, for `aws s3api put-bucket-lifecycle-configuration`')
      .option('--prefix <name>', 'first part of the names of objects (default: archive.prefix)'),
    lifecycle,
  );
  const node = (command: Command): Command => storeOptions(command).option('--url <url>', 'node to ask');
  register(node(archive.command('status')).description('how a running node’s archive stands'), status);
  register(
    node(archive.command('run'))
      .description('write what is new, now; resolves when it is confirmed')
      .option('--job <name>', 'batch, replica or backup', 'batch'),
    run,
  );
  register(
    storeOptions(archive.command('key'))
      .description('copy the key of the archive to a safe place: without it nothing can be restored')
      .requiredOption(
        '--out <file>',
        'file that is made; protected by the passphrase of the node, if it has one',
      ),
    saveKey,
  );
}

async function verify({ terminal, options }: CommandRun): Promise<number> {
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

async function restore({ terminal, options }: CommandRun): Promise<number> {
  const place = placeOf(options, 'archive', 'from');
  const to = options['to'] as string;
  const onProgress = bar(terminal, 'restoring');
  const found = await restoreArchive({ ...place, pinned: requiredKey(options), to, onProgress });
  terminal.json({ to, logId: found.logId, size: found.size });
  terminal.line(`${found.size} entries of ${found.logId} in ${to}, verified`);
  return 0;
}

async function cost({ terminal, options }: CommandRun): Promise<number> {
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

async function lifecycle({ terminal, options }: CommandRun): Promise<number> {
  const prefix = (options['prefix'] as string | undefined) ?? commandSettings(options).archive.prefix;
  const document = lifecycleDocument(`${prefix}/`);
  terminal.json(document);
  terminal.line(JSON.stringify(document, null, 2));
  if (!terminal.isJson)
    terminal.note(`S3 takes no object into ${S3_TIERS[1]!.storageClass} before day ${S3_TIERS[1]!.fromDay}`);
  return 0;
}

async function status(call: CommandRun): Promise<number> {
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

async function run(call: CommandRun): Promise<number> {
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

async function saveKey({ terminal, options }: CommandRun): Promise<number> {
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
