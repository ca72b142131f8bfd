/** `witan backup`: a whole node, and the times to which it can go back. */
import { WitanError } from '../../../../contracts/errors.ts';
import { createBackup, listBackups, restoreBackupAt } from '../../../../index.ts';
import type { CommandRun } from '../../command.ts';
import { pinnedKey } from '../../running-node.ts';
import { bar, placeOf, sizeText } from './store-place.ts';

/** `witan backup create`: make a point now, also while the node runs; it stays until you remove it. */
export async function create({ terminal, options }: CommandRun): Promise<number> {
  const { settings, address, prefix, dataDir } = placeOf(options, 'backup', 'to');
  const label = options['label'] as string;
  const onProgress = bar(terminal, 'backing up');
  const report = await createBackup({ settings, address, prefix, dataDir, label, onProgress });
  terminal.json(report);
  const { logSize, fileCount, storedCount, storedBytes, createdAt } = report;
  terminal.line(`point of ${createdAt}: ${logSize} entries, ${fileCount} files`);
  terminal.line(`  new: ${storedCount} objects, ${sizeText(storedBytes)}`);
  return 0;
}

/** `witan backup list`: points, oldest first, and why each is kept; needs no key. */
export async function list({ terminal, options }: CommandRun): Promise<number> {
  const points = await listBackups(placeOf(options, 'backup', 'from'));
  for (const point of points) {
    terminal.json(point);
    const why = terminal.paint(
      point.keptAs === null ? 'warn' : 'soft',
      point.keptAs ?? 'goes with the next backup',
    );
    terminal.line(`${point.at}  ${point.kind.padEnd(9)} ${point.logId}  ${why}`);
  }
  if (points.length === 0) terminal.line('no backups');
  return 0;
}

/** `witan backup restore`. */
export async function restore({ terminal, options }: CommandRun): Promise<number> {
  const place = placeOf(options, 'backup', 'from');
  const to = options['to'] as string;
  const given = options['key'] === undefined ? undefined : pinnedKey(options);
  const logId = options['log'] as string | undefined;
  const onProgress = bar(terminal, 'restoring');
  const report = await restoreBackupAt({
    ...place,
    to,
    atWallMs: timeOf(options['at'] as string | undefined),
    logId,
    ...(given && { pinned: given }),
    onProgress,
  });
  terminal.json(report);
  const { size, knownSize, signedSize, pointAt, lastAt, fileCount, isPinned, destroyedCount } = report;
  terminal.line(`${report.logId} in ${to}: ${size} entries to ${lastAt ?? 'its start'}, ${fileCount} files`);
  terminal.line(`  files of the point of ${pointAt}; ${signedSize} entries under a signed head`);
  if (destroyedCount > 0) terminal.line(`  ${destroyedCount} keys of persons were destroyed again`);
  if (size < knownSize)
    terminal.note(
      `the log was cut: ${knownSize - size} later entries are left out. ` +
        'A node that starts on it forks the log,' +
        ' says so on its record, and needs another archive.prefix',
    );
  if (!isPinned)
    terminal.note('no key was pinned: the backup was checked against the key that it brought itself');
  return 0;
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const atWallMs = Date.parse(text);
  // Without a zone the same text would mean another time on another machine.
  if (Number.isFinite(atWallMs) && /(Z|[+-]\d\d:?\d\d)$/.test(text)) return atWallMs;
  const details = { path: '--at', expected: 'a time as 2026-11-20T12:00:00Z' };
  throw new WitanError('invalid_argument', `${text} is no time`, details);
}
