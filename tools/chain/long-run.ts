/**
 * The long form of the Solidity tests: 10,000 inputs of each fuzz test, 10,000 sequences of 64 calls of each
 * invariant. Minutes of one core:
 *
 *     node --import tsx tools/chain/long-run.ts
 */
import { installChainTools } from '../../runtime/host/chain/chain-tools.ts';
import { runSolidityTests } from './forge-results.ts';

await installChainTools({ tell: (line) => process.stderr.write(`witan: ${line}\n`) });
const started = performance.now();
const results = runSolidityTests('long');
for (const { contract, name, passed, runs, reason } of results) {
  const verdict = passed ? 'ok  ' : 'FAIL';
  process.stdout.write(`${verdict} ${contract}.${name} (${runs} runs)${passed ? '' : `: ${reason}`}\n`);
}
const failed = results.filter(({ passed }) => !passed).length;
const seconds = ((performance.now() - started) / 1_000).toFixed(0);
process.stdout.write(`${results.length - failed} passed, ${failed} failed, 0 skipped\n${seconds} s\n`);
process.exit(failed > 0 ? 1 : 0);
