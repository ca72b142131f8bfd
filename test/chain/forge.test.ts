/** The Solidity sources: their own tests under forge, their gas, and the files that are generated from them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTRACT_NAMES } from '../../contracts/chain/abi/index.ts';
import { CHAIN_FOLDER } from '../../runtime/host/chain/chain-tools.ts';
import { abiFiles, natSpecText } from '../../tools/chain/abi-files.ts';
import {
  CONTRACT_NAMES as COMPILED_NAMES,
  NATSPEC_FILE,
  readArtifacts,
} from '../../tools/chain/artifacts.ts';
import { declaredTests, runSolidityTests } from '../../tools/chain/forge-results.ts';
import type { SolidityResult } from '../../tools/chain/forge-results.ts';
import { FORGE_MISSING } from '../../tools/chain/forge.ts';
import { gasFindings, measureGas, readGas } from '../../tools/chain/gas.ts';
import { assert, suite } from '../harness.ts';

const test = suite('contracts', { limitMs: 110_000 });

if (FORGE_MISSING) test.skip('Solidity tests', FORGE_MISSING);
else {
  let results: SolidityResult[] = [];
  test('they compile and their tests run', () => {
    results = runSolidityTests('default');
    const declared = declaredTests();
    assert.ok(declared.length > 50, `${declared.length} tests are declared`);
    const names = (all: readonly { contract: string; name: string }[]): string[] =>
      all.map(({ contract, name }) => `${contract}.${name}`).sort();
    assert.equal(names(results), names(declared));
  });

  for (const { contract, name } of declaredTests()) {
    test(`${contract}: ${name}`, () => {
      const result = results.find((one) => one.contract === contract && one.name === name);
      assert.ok(result?.passed, result?.reason ?? 'forge did not run it');
      if (name.startsWith('testFuzz_')) assert.ok(result.runs >= 256, `${result.runs} inputs`);
      if (name.startsWith('invariant_')) assert.ok(result.runs >= 64, `${result.runs} sequences`);
    });
  }

  test('ABI, bytecode and words in the package are those of the sources (tools/chain/write-abi.ts)', () => {
    const folder = join(CHAIN_FOLDER, 'abi/gen');
    const artifacts = readArtifacts();
    const expected = abiFiles(artifacts);
    assert.equal(readdirSync(folder).sort(), [...expected.keys()].sort());
    for (const [file, text] of expected) {
      assert.ok(readFileSync(join(folder, file), 'utf8') === text, `${file} is stale`);
    }
    assert.ok(readFileSync(NATSPEC_FILE, 'utf8') === natSpecText(artifacts), 'natspec.json is stale');
  });

  test('no call costs over 5 % more gas than gas.json says (tools/chain/write-gas.ts)', () => {
    assert.equal(gasFindings(readGas(), measureGas()), []);
  });
}

test('the package and the tools name the same contracts, in the same order', () => {
  assert.equal([...CONTRACT_NAMES], [...COMPILED_NAMES]);
});

test('the gate on gas: 5 % more passes, a little over fails, a call that is new or gone fails', () => {
  assert.equal(gasFindings({ a: 1_000 }, { a: 1_050 }), []);
  assert.equal(gasFindings({ a: 1_000 }, { a: 1_051 }), ['a costs 1051 gas, 5.1 % more than 1000']);
  assert.equal(gasFindings({ a: 1_000 }, { a: 10 }), []);
  assert.equal(gasFindings({ a: 1 }, { b: 2 }).length, 2);
});
