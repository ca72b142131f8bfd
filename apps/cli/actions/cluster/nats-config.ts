/** `witan cluster nats-config`: files of the NATS servers of a cluster, and each node's own secret. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WitanError } from '../../../../contracts/errors.ts';
import { clusterNatsConfig } from '../../../../index.ts';
import type { CommandRun } from '../../command.ts';

const SEED = /\.nk$/;

/** `witan cluster nats-config`. */
export async function natsConfig({ terminal, options }: CommandRun): Promise<number> {
  const folder = (options['out'] as string | undefined) ?? join('.witan', 'nats');
  const input = planOf(options['nodes'] as string, options['cluster'] as string | undefined);
  const known = knownSeeds(join(folder, 'nodes'));
  const { plan, files, nodes } = await clusterNatsConfig(input, known);
  mkdirSync(join(folder, 'nodes'), { recursive: true, mode: 0o700 });
  for (const { path, text, isSecret } of files) {
    const file = join(folder, path);
    writeFileSync(file, text, { mode: isSecret ? 0o600 : 0o644 });
    // The mode of a file that was there is not changed by writing it.
    if (isSecret) chmodSync(file, 0o600);
  }
  terminal.json({
    folder,
    cluster: plan.cluster,
    files: files.map(({ path, isSecret }) => ({ path, isSecret })),
    nodes: nodes.map(({ name, publicKey }) => ({ name, publicKey, isNew: !known.has(name) })),
  });
  for (const { path, isSecret } of files) {
    terminal.line(
      `  ${path.padEnd(28)} ${isSecret ? terminal.paint('warn', 'secret: to its node alone') : ''}`,
    );
  }
  terminal.line(`written to ${folder}; start each server with nats-server -c <its .conf>`);
  terminal.line(`servers must be ${plan.serverVersion} or newer (docs/cluster-security.md)`);
  return 0;
}

/** A plan from a file, or from a list of nodes with their roles. */
function planOf(nodes: string, cluster: string | undefined): unknown {
  const named = cluster === undefined ? {} : { cluster };
  if (!existsSync(nodes) && nodes.includes(':')) return { ...named, nodes: nodes.split(',').map(listed) };
  try {
    return { ...named, ...(JSON.parse(readFileSync(nodes, 'utf8')) as object) };
  } catch (error) {
    const details = { path: '--nodes', expected: 'a JSON file, or node:role+role,…' };
    throw new WitanError('invalid_argument', `${nodes} cannot be read as a plan`, details, error);
  }
}

function listed(text: string): { name: string; roles: string[] } {
  const [name = '', roles = ''] = text.trim().split(':');
  return { name, roles: roles.split('+').filter((role) => role !== '') };
}

function knownSeeds(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder).filter((name) => SEED.test(name));
  return new Map(
    files.map((name) => [name.replace(SEED, ''), readFileSync(join(folder, name), 'utf8').trim()]),
  );
}
