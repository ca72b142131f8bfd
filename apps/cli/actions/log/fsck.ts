/** `witan fsck`: checks a whole log from its bytes and names every damage. */
import { WitanError } from '../../../../contracts/errors.ts';
import { checkLogFolder } from '../../../../index.ts';
import type { LogCheck, LogDamage } from '../../../../index.ts';
import type { CommandRun } from '../../command.ts';
import { dataFolder, pinnedKey } from '../../running-node.ts';
import { progressBar } from './progress-bar.ts';

const SHOWN_DAMAGES = 50;

/** `witan fsck`: check a whole log from its bytes; changes nothing. */
export async function fsck({ terminal, options }: CommandRun): Promise<number> {
  const folder = dataFolder(options);
  const pinned = pinnedKey(options);
  if (!pinned) {
    const details = { path: '--key', expected: 'the public key that you trust to sign this log' };
    throw new WitanError('invalid_argument', 'no key is pinned, so nothing can be verified', details);
  }
  const onProgress = (share: number): void => terminal.progress(progressBar(share, 'checking'));
  const isDeep = options['deep'] === true;
  const check = await checkLogFolder(folder, { pinned, isDeep, onProgress, signal: terminal.signal });
  terminal.json(check);
  return show(check, { terminal, options, args: [] });
}

function show(check: LogCheck, { terminal, options }: CommandRun): number {
  const { line, paint } = terminal;
  const { ok, logId, size, checkpointSize, hasTornTail, damages, decisionCount, ballotCount } = check;
  const ballots = options['deep'] === true ? `, ${ballotCount} ballots` : '';
  line(`${logId}: ${size} entries whole, ${checkpointSize} signed, ${decisionCount} decisions${ballots}`);
  if (hasTornTail)
    line(
      paint('soft', 'an unfinished write follows the last entry: nobody was told of it, the node cuts it'),
    );
  if (ok) {
    line(`${paint('good', 'whole')}: ${check.checked.join(', ')}`);
    return 0;
  }
  for (const damage of damages.slice(0, SHOWN_DAMAGES)) tell(damage, terminal);
  if (damages.length > SHOWN_DAMAGES) line(`… and ${damages.length - SHOWN_DAMAGES} more (--json has all)`);
  line(`${paint('bad', 'DAMAGED')}: ${damages.length} findings`);
  return 7;
}

function tell(damage: LogDamage, { line, paint }: CommandRun['terminal']): void {
  const { segment, offset, index, decisionId, field, meaning } = damage;
  const place = segment === null ? 'head' : `segment ${segment}, offset ${offset}`;
  const entry = index === null ? '' : `, entry #${index}`;
  const of = decisionId === null ? '' : ` of ${decisionId}`;
  line(`${paint('bad', field)} at ${place}${entry}${of}`);
  line(`  ${meaning}`);
}
