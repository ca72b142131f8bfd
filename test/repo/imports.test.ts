/** Holds the import rules against the code, and each rule against a planted violation. */
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { IMPORT_RULES, type ImportRule } from '../../tools/import-rules.ts';
import { assert, suite } from '../harness.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Fewer modules than this means that the cruiser did not see the tree. */
const MODULE_FLOOR = 120;
const ROOMS = [
  'index.ts',
  'runtime',
  'agents',
  'supervisors',
  'cluster',
  'council',
  'transport',
  'contracts',
  'config',
  'apps',
];

const test = suite('import rules', { limitMs: 120_000 });

test('the code keeps them', async () => {
  const result = await violations(ROOT, ROOMS);
  const found = result.summary.violations.map((one) => `${one.rule.name}: ${one.from} → ${one.to}`);
  assert.equal(found, []);
  assert.ok(
    result.summary.totalCruised >= MODULE_FLOOR,
    `only ${result.summary.totalCruised} modules were seen`,
  );
});

for (const rule of IMPORT_RULES) {
  test(`${rule.name} refuses its planted violation`, async () => {
    const root = plant(rule);
    try {
      const result = await violations(root, ['.']);
      const names = result.summary.violations.map((one) => one.rule.name);
      assert.ok(names.includes(rule.name), `found ${JSON.stringify(names)}`);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
}

function plant(rule: ImportRule): string {
  const root = mkdtempSync(join(tmpdir(), 'witan-imports-'));
  const [from, to] = rule.planted;
  const specifier = to.startsWith('node:') ? to : relativeImport(from, to);
  write(join(root, from), `import * as planted from '${specifier}';\nexport const use = planted;\n`);
  if (!to.startsWith('node:')) {
    const back = rule.to.circular
      ? `import * as back from '${relativeImport(to, from)}';\nexport const circle = back;\n`
      : '';
    write(join(root, to), `${back}export const value = 1;\n`);
  }
  return root;
}

function relativeImport(from: string, to: string): string {
  const path = relative(dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

async function violations(baseDir: string, places: string[]): Promise<ICruiseResult> {
  const forbidden = IMPORT_RULES.map(({ name, from, to }) => ({
    name,
    severity: 'error' as const,
    from,
    to,
  }));
  const options = {
    baseDir,
    validate: true,
    ruleSet: { forbidden },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test\\.ts$' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.mjs'] },
  } as unknown as IConfiguration;
  const { output } = await cruise(places, options as never);
  return output as ICruiseResult;
}
