/** Arguments and help of `witan cluster nats-config`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

/** Adds the command. */
export function addNatsConfig(cluster: Command, register: Register): void {
  register(
    cluster
      .command('nats-config')
      .description('write the configuration of the NATS servers: TLS, a key for each node, what it may do')
      .requiredOption('--nodes <file|list>', 'JSON file of a plan, or node:role+role,node:role …')
      .option('--out <folder>', 'folder to write to (default .witan/nats)')
      .option('--cluster <name>', 'name of the cluster, where the plan names none (default witan)')
      .addHelpText(
        'after',
        `
A plan holds nodes, servers, tls, queues and serverVersion (docs/cluster-security.md). Seeds that are in
the folder already are kept; remove a node's .nk file to give it another key.

Examples:
  witan cluster nats-config --nodes plan.json --out /etc/nats/witan
  witan cluster nats-config --nodes node-1:gateway+control+platform,node-2:worker+ledger`,
      ),
    async () => (await import('../../actions/cluster/nats-config.ts')).natsConfig,
  );
}
