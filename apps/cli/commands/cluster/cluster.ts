/** Arguments and help of `witan cluster`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';
import { addNatsConfig } from './nats-config.ts';

/** Adds the commands. */
export function addCluster(program: Command, register: Register): void {
  const cluster = program
    .command('cluster')
    .description('nodes that work together over NATS')
    .addHelpText('after', '\nExamples:\n  witan cluster nats-config --nodes nodes.json --out nats');
  addNatsConfig(cluster, register);
}
