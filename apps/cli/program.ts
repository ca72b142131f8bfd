/** The command `witan` with all its commands. */
import { Command, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { addAudit } from './commands/audit/audit.ts';
import { addInvestigate } from './commands/audit/investigate.ts';
import { addResponsibility } from './commands/audit/responsibility.ts';
import { addAnchor } from './commands/anchor.ts';
import { addCluster } from './commands/cluster/cluster.ts';
import { addContent } from './commands/content.ts';
import { addDecide } from './commands/decide.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEvaluate } from './commands/evaluate.ts';
import { addKeyring } from './commands/keyring.ts';
import { addModels } from './commands/models.ts';
import { addKeys } from './commands/keys.ts';
import { addScore } from './commands/score.ts';
import { addStart } from './commands/start.ts';
import { addTree } from './commands/tree.ts';
import { addUsers } from './commands/users.ts';
import { addArchive } from './commands/store/archive.ts';
import { addBackup } from './commands/store/backup.ts';
import { addIndex } from './commands/store/index-rebuild.ts';
import { addFsck } from './commands/log/fsck.ts';
import { addHammer } from './commands/log/hammer.ts';
import { addBundle } from './commands/bundle/make-bundle.ts';
import { addErase } from './commands/privacy/erase.ts';
import { addHold } from './commands/privacy/hold.ts';
import { addPrivacy } from './commands/privacy/privacy.ts';
import { addProof } from './commands/log/proof.ts';
import { addVerify } from './commands/verify.ts';
import { addWatch } from './commands/watch.ts';
import type { Register } from './command.ts';
import { packageFolder } from '../../config/package-folder.ts';
import { processTerminal, reportError } from './terminal.ts';

const EXIT_CODES = `
Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 authentication, 5 rejected by the council,
6 held, 7 verification failed, 8 unavailable, 124 timed out, 130 interrupted`;

/** The program, not run yet; a fault in its arguments is thrown as CommanderError. */
export function witanProgram(): Command {
  const { version } = JSON.parse(readFileSync(`${packageFolder()}/package.json`, 'utf8')) as {
    version: string;
  };
  const program = new Command('witan')
    .description('Council of twelve that deliberates on what AI systems are about to do')
    .version(version)
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .addHelpText('after', EXIT_CODES);
  for (const add of [
    addStart,
    addDecide,
    addEvaluate,
    addScore,
    addWatch,
    addVerify,
    addAudit,
    addResponsibility,
    addInvestigate,
    addAnchor,
    addContent,
    addProof,
    addBundle,
    addErase,
    addHold,
    addPrivacy,
    addFsck,
    addHammer,
    addArchive,
    addBackup,
    addIndex,
    addTree,
    addKeys,
    addKeyring,
    addModels,
    addUsers,
    addCluster,
    addDoctor,
  ])
    add(program, register);
  return program;
}

const register: Register = (command, load) => {
  command.addOption(new Option('--json', 'print one JSON object a line'));
  command.action(async () => {
    const abort = new AbortController();
    const options = command.opts<Record<string, unknown>>();
    const terminal = processTerminal({ isJson: options['json'] === true, signal: abort.signal });
    let interrupts = 0;
    const onSignal = (): void => {
      interrupts += 1;
      // Whoever insists is not kept waiting.
      if (interrupts > 1) process.exit(130);
      abort.abort();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    try {
      const run = await load();
      process.exitCode = await run({ terminal, options, args: command.args });
    } catch (error) {
      process.exitCode = reportError(terminal, error);
    } finally {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    }
  });
};
