/** The Solidity tests: which there are by their sources, and what a run of forge says of each. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHAIN_FOLDER } from '../../runtime/host/chain/chain-tools.ts';
import { runForge } from './forge.ts';

/** One test in a source file. */
export interface SolidityTest {
  readonly contract: string;
  readonly name: string;
}

/** What forge says of one test. */
export interface SolidityResult extends SolidityTest {
  readonly passed: boolean;
  /** Why it failed, with the counterexample where there is one. */
  readonly reason: string;
  /** Sequences or inputs that were tried; 1 for a unit test. */
  readonly runs: number;
}

/** Tests by their sources; a file that forge would not find shows as tests without result. */
export function declaredTests(): SolidityTest[] {
  const folder = join(CHAIN_FOLDER, 'test');
  const files = readdirSync(folder).filter((file) => file.endsWith('.t.sol'));
  return files.sort().flatMap((file) => {
    let contract = '';
    return readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .flatMap((line) => {
        contract = /^contract (\w+)/.exec(line)?.[1] ?? contract;
        const name = /^ {4}function ((?:test|invariant_)\w*)\(/.exec(line)?.[1];
        return name ? [{ contract, name }] : [];
      });
  });
}

interface ForgeSuite {
  readonly test_results: Readonly<Record<string, ForgeTest>>;
}

interface ForgeTest {
  readonly status: string;
  readonly reason?: string | null;
  readonly counterexample?: unknown;
  readonly kind: {
    readonly Fuzz?: { readonly runs?: number };
    readonly Invariant?: { readonly runs?: number };
  };
}

/** Runs all tests; `profile` is one of foundry.toml (`default`, `long`). */
export function runSolidityTests(profile: 'default' | 'long'): SolidityResult[] {
  const run = runForge(['test', '--json'], { FOUNDRY_PROFILE: profile });
  const start = run.stdout.indexOf('{');
  if (start < 0) throw new Error(`forge gave no result\n${run.stdout}\n${run.stderr}`);
  const suites = JSON.parse(run.stdout.slice(start)) as Record<string, ForgeSuite>;
  return Object.entries(suites).flatMap(([suite, { test_results: tests }]) =>
    Object.entries(tests).map(([signature, test]) => ({
      contract: suite.slice(suite.indexOf(':') + 1),
      name: signature.slice(0, signature.indexOf('(')),
      passed: test.status === 'Success',
      reason: `${test.reason ?? ''} ${test.counterexample ? JSON.stringify(test.counterexample) : ''}`.trim(),
      runs: test.kind.Fuzz?.runs ?? test.kind.Invariant?.runs ?? 1,
    })),
  );
}
