/** Arguments of the launcher, and what each node is started with. */
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { describeSettings } from '../../config/describe-settings.ts';
import { LaunchError } from './nats-server.ts';

/** What was asked for. */
export interface LaunchOptions {
  readonly nodeCount: number;
  readonly serverCount: number;
  readonly folder: string;
  readonly isKept: boolean;
  readonly isJson: boolean;
  readonly isHelp: boolean;
  /** Options handed on to each `witan start`. */
  readonly isVerbose: boolean;
}

/** Help of the launcher. */
export const HELP = `npm run cluster -- [options]: NATS and several nodes on this machine, until Ctrl-C

  --nodes <n>      nodes (1 to 16, default 3)
  --servers <n>    NATS servers: 1, or 3 that keep copies of each other's streams (default 1)
  --data <folder>  where all of it lies (default .witan/cluster)
  --keep           go on with what an earlier run left there; without it, it is removed first
  --verbose        let the nodes write their logs
  --json           one JSON object a line

Try it in a second terminal:
  npx witan decide examples/decisions/loan-denial.json --url <page of any node>
  npx witan cluster status --url <page of any node>
`;

/** Reads the arguments. @throws LaunchError with exit code 2 */
export function launchOptions(args: readonly string[]): LaunchOptions {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        nodes: { type: 'string', default: '3' },
        servers: { type: 'string', default: '1' },
        data: { type: 'string', default: join('.witan', 'cluster') },
        keep: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new LaunchError(`${(error as Error).message}\n\n${HELP}`, 2);
  }
  const serverCount = count('--servers', values.servers, 5);
  if (serverCount % 2 === 0) throw new LaunchError('--servers is odd: 1, 3 or 5, so that most can agree', 2);
  return {
    nodeCount: count('--nodes', values.nodes, 16),
    serverCount,
    folder: values.data,
    isKept: values.keep,
    isVerbose: values.verbose,
    isJson: values.json,
    isHelp: values.help,
  };
}

function count(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new LaunchError(`${name} ${text}: a whole number from 1 to ${most} is needed`, 2);
}

/** Where a node is and what it joins. */
export interface NodePlace {
  readonly name: string;
  readonly dataDir: string;
  readonly natsUrl: string;
  readonly replicaCount: number;
}

/** Environment of a node; settings that this version does not know are left out. */
export function nodeEnvironment({ name, dataDir, natsUrl, replicaCount }: NodePlace): NodeJS.ProcessEnv {
  const known = new Set(describeSettings().map(({ variable }) => variable));
  const wanted: Record<string, string> = {
    WITAN_NODE_NAME: name,
    WITAN_NODE_DATA_DIR: dataDir,
    WITAN_STORE_NATS_URL: natsUrl,
    WITAN_HTTP_PORT: '0',
    WITAN_GRPC_PORT: '0',
    WITAN_CLUSTER_NAME: 'local',
    WITAN_PRIVACY_SEAL_INPUT: 'never',
    WITAN_CLUSTER_REPLICA_COUNT: String(replicaCount),
  };
  const others = Object.entries(process.env).filter(([variable]) => !variable.startsWith('WITAN_'));
  const own = Object.entries(wanted).filter(([variable]) => known.has(variable));
  return { ...Object.fromEntries(others), ...Object.fromEntries(own) };
}
