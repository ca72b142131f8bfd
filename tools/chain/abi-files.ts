/** The checked-in files of `contracts/chain/abi/gen`, as text, from what was compiled. */
import type { Artifact } from './artifacts.ts';

/** Documentation of every contract as the compiler found it: the page of reference is made from it. */
export function natSpecText(artifacts: readonly Artifact[]): string {
  const docs = artifacts.map(({ name, userdoc, devdoc }) => [name, { user: userdoc, developer: devdoc }]);
  return `${JSON.stringify(Object.fromEntries(docs), null, 1)}\n`;
}

/** Text of each file by its name. */
export function abiFiles(artifacts: readonly Artifact[]): Map<string, string> {
  return new Map(artifacts.map((one) => [`${fileName(one.name)}.ts`, fileOf(one)]));
}

/** `AuditAnchor` → `audit-anchor`. */
export function fileName(contract: string): string {
  return contract.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}

function fileOf({ name, abi, bytecode }: Artifact): string {
  const variable = name[0]!.toLowerCase() + name.slice(1);
  const rows = abi.map((entry) => `  ${JSON.stringify(entry)},`);
  return [
    `/** ${name}.sol compiled; written by tools/chain/write-abi.ts. */`,
    '',
    `/** Functions, events and errors of ${name}. */`,
    `export const ${variable}Abi = [`,
    ...rows,
    '] as const;',
    '',
    `/** Code that deploys ${name}, hex. */`,
    `export const ${variable}Bytecode =`,
    `  '${bytecode}';`,
    '',
  ].join('\n');
}
