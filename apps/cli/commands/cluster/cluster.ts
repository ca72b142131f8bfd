/** Arguments and help of `witan cluster`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';
import { addDeadLetters } from './dead-letters.ts';
import { addInspect } from './inspect.ts';
import { addNatsConfig } from './nats-config.ts';

/** Adds the commands. */
export function addCluster(program: Command, register: Register): void {
  const cluster = program
    .command('cluster')
    .description('nodes that work together over NATS')
    .addHelpText(
      'after',
      '\nExamples:\n  witan cluster status\n  witan cluster check --json\n  witan cluster drain --url http://127.0.0.1:8080' +
        '\n  witan cluster nats-config --nodes nodes.json --out nats',
    );
  addInspect(cluster, register);
  addDeadLetters(cluster, register);
  addNatsConfig(cluster, register);
}
