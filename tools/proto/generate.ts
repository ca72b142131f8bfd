/** Types of `contracts/proto/gen`, made from the `.proto` files by `buf` with protobuf-es. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const PROTO = join(ROOT, 'contracts/proto');

/** Folder of the generated files, below the project's. */
export const GEN_FOLDER = 'contracts/proto/gen/witan/v1';

/** Image of the published messages that `buf breaking` compares with, below the project's folder. */
export const BASELINE = 'contracts/proto/baseline.binpb';

/** Runs `buf` in `contracts/proto`; its exit status and everything it said. */
export function buf(args: readonly string[], cwd: string = PROTO): { status: number; output: string } {
  const bin = join(ROOT, 'node_modules/.bin');
  const run = spawnSync(join(bin, 'buf'), args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` },
  });
  return { status: run.status ?? 1, output: `${run.stdout ?? ''}${run.stderr ?? ''}` };
}

/** Text of each generated file by its path below the project's folder. */
export function generateProto(): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-proto-'));
  try {
    const { status, output } = buf(['generate', '--output', folder]);
    if (status !== 0) throw new Error(`buf generate failed:\n${output}`);
    const made = join(folder, 'gen/witan/v1');
    const names = readdirSync(made).sort();
    return new Map(
      names.map((name) => [`${GEN_FOLDER}/${name}`, erasable(readFileSync(join(made, name), 'utf8'))]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** TypeScript enums become constant objects, which can be erased; the linter is told by its own file. */
function erasable(text: string): string {
  return text
    .replace(/^\/\* eslint-[a-z]+ \*\/\n/m, '')
    .replaceAll(/^export enum (\w+) \{\n([\s\S]*?)^\}\n/gm, (_, name: string, body: string) => {
      const members = body.replaceAll(/^( {2}\w+) = (\d+),$/gm, '$1: $2,');
      const type = [
        `/** One of the numbers of {@link ${name}}. */`,
        `export type ${name} = (typeof ${name})[keyof typeof ${name}];\n`,
      ].join('\n');
      return `export const ${name} = {\n${members}} as const;\n\n${type}`;
    });
}
