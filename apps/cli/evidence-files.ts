/** Packages of evidence as one file or as a folder of files. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WitanError } from '../../contracts/errors.ts';
import { EVIDENCE_FORMAT, EvidencePackage } from '../../contracts/messages/accountability/evidence.ts';

const MANIFEST = 'manifest.json';
const FILE_MAX_COUNT = 50_000;

/** Writes a package as a folder that is not there yet. @throws already_exists */
export function writeEvidenceFolder(folder: string, { manifest, files }: EvidencePackage): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new WitanError('already_exists', `${folder} holds something already`, {
      path: '--out',
      expected: 'a folder that is empty or not there',
    });
  }
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`);
}

/** What a file or folder holds, for a verifier. @throws not_found, verification_failed when it is no JSON */
export function readAuditFile(path: string): unknown {
  if (!existsSync(path)) {
    throw new WitanError('not_found', `there is no ${path}`, { expected: 'a file or a folder of evidence' });
  }
  if (!statSync(path).isDirectory()) return jsonOf(readFileSync(path, 'utf8'), path);
  const files: Record<string, string> = {};
  for (const name of filesBelow(path, '')) {
    if (name !== MANIFEST) files[name] = readFileSync(join(path, name), 'utf8');
  }
  const manifest = existsSync(join(path, MANIFEST)) ? readFileSync(join(path, MANIFEST), 'utf8') : 'null';
  return { format: EVIDENCE_FORMAT, manifest: jsonOf(manifest, MANIFEST), files };
}

function filesBelow(root: string, below: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(...filesBelow(root, name));
    else found.push(name);
    if (found.length > FILE_MAX_COUNT) throw new WitanError('too_large', `${root} holds too many files`);
  }
  return found;
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WitanError('verification_failed', `${path} is not JSON`, { path }, error);
  }
}
