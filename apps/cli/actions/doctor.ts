/** `witan doctor`: what is wrong or limited on this machine, before and while a node runs. */
import { examineInstallation } from '../../../index.ts';
import type { Finding } from '../../../index.ts';
import type { CommandRun } from '../command.ts';
import { commandSettings, dataFolder } from '../running-node.ts';
import type { Style } from '../terminal.ts';

const STYLES: Readonly<Record<Finding['level'], Style>> = { ok: 'good', limited: 'warn', wrong: 'bad' };

/** `witan doctor`: check this machine, the data folder, the log and the ports. */
export async function doctor({ terminal, options }: CommandRun): Promise<number> {
  const settings = commandSettings(options);
  const findings = await examineInstallation({ settings, dataDir: dataFolder(options) });
  for (const finding of findings) {
    const { level, subject, detail } = finding;
    terminal.json(finding);
    terminal.line([terminal.paint(STYLES[level], level.padEnd(8)), subject.padEnd(12), detail].join(' '));
    if (finding.advice) terminal.line(`${' '.repeat(22)}${terminal.paint('soft', finding.advice)}`);
  }
  return findings.some((finding) => finding.level === 'wrong') ? 1 : 0;
}
