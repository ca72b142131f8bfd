/**
 * Benches: `npm run bench <name> -- [--json] [--quick] [--markdown] [--count N] [case …]`.
 *
 * Exit code 2 for a name or case that does not exist.
 */
import { parseArgs } from 'node:util';
import type { BenchOptions } from './report/row.ts';

const BENCHES = [
  'kernel',
  'council',
  'ledger',
  'ledger-gas',
  'crypto',
  'ballots',
  'watermark',
  'admission',
  'nats-clients',
  'doors',
  'detectors',
  'record-seats',
  'cluster',
  'cluster-decisions',
  'cluster-scale',
  'agents',
  'inference',
] as const;

const [name, ...rest] = process.argv.slice(2);
await run(name).catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof RangeError ? error.message : String((error as Error).stack ?? error)}\n`,
  );
  process.exitCode = error instanceof RangeError ? 2 : 1;
});

async function run(bench: string | undefined): Promise<void> {
  switch (bench) {
    case 'kernel':
      return (await import('./kernel.ts')).benchKernel(options());
    case 'council':
      return (await import('./council.ts')).benchCouncil(options());
    case 'ledger':
      return (await import('./ledger.ts')).benchLedger(options());
    case 'ledger-gas':
      return (await import('./ledger-gas.ts')).benchLedgerGas(options());
    case 'admission':
      return (await import('./admission.ts')).benchAdmission(options());
    case 'crypto':
      return (await import('./crypto.ts')).benchCrypto(options());
    case 'ballots':
      return (await import('./ballots.ts')).benchBallots(options());
    case 'watermark':
      return (await import('./watermark.ts')).benchWatermark(options());
    case 'nats-clients':
      return (await import('./nats-clients.ts')).benchNatsClients(options());
    case 'doors':
      return (await import('./doors.ts')).benchDoors(options());
    case 'cluster':
      return (await import('./cluster.ts')).benchCluster(options());
    case 'cluster-decisions':
      return (await import('./cluster/decisions/bench-decisions.ts')).benchDecisions(options());
    case 'cluster-scale':
      return (await import('./cluster/scale/bench-scale.ts')).benchScale(options());
    case 'agents':
      return (await import('./agents/bench-agents.ts')).benchAgents(options());
    case 'inference':
      return (await import('./inference/bench-inference.ts')).benchInference(options());
    case 'detectors':
    case 'record-seats': {
      // They read their own arguments.
      process.argv.splice(2, 1);
      await (bench === 'detectors' ? import('./detectors.ts') : import('./record-seats.ts'));
      return;
    }
    default:
      throw new RangeError(`bench ${bench ?? 'needs a name'}: there are ${BENCHES.join(', ')}`);
  }
}

/** @throws RangeError for an unknown option */
function options(): BenchOptions {
  const flag = { type: 'boolean', default: false } as const;
  const known = { json: flag, quick: flag, markdown: flag, count: { type: 'string' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: rest, options: known, allowPositionals: true });
    const { count, ...flags } = values;
    return { ...flags, names: positionals, ...(count !== undefined && { count: wholeNumber(count) }) };
  } catch (error) {
    throw new RangeError((error as Error).message, { cause: error });
  }
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new RangeError(`--count ${text}: a whole number from 1 on is needed`);
}
