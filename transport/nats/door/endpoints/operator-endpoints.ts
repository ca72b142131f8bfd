/** Requests of operators: the actor tree, commands, dead letters, metrics. */
import { z } from 'zod';
import { ActorView, DeadLetterView } from '../../../../contracts/messages/door/operator.ts';
import { unary } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { Nothing } from './decision-endpoints.ts';
import { listOf } from './page-form.ts';

const Path = z.string().startsWith('/').max(1_000);

const CommandForm = z.union([
  z.strictObject({ path: Path, command: z.enum(['stop', 'restart', 'pause', 'resume']) }),
  z.strictObject({ path: Path, message: z.record(z.string().max(200), z.json()) }),
]);

/** Endpoints of operators. */
export const operatorEndpoints: readonly Endpoint[] = [
  unary({
    operation: 'actor.tree',
    request: z.strictObject({ under: Path.optional() }),
    response: listOf(ActorView),
    handle: async ({ backend, input, principal }) => ({ items: await backend.tree(principal, input.under) }),
  }),
  unary({
    operation: 'actor.read',
    request: z.strictObject({ path: Path }),
    response: ActorView,
    handle: ({ backend, input, principal }) => backend.actor(input.path, principal),
  }),
  unary({
    operation: 'actor.command',
    request: CommandForm,
    response: z.union([
      z.strictObject({ path: z.string(), command: z.string() }),
      z.strictObject({ path: z.string(), answer: z.json() }),
    ]),
    handle: async ({ backend, input, principal }) => {
      const { path } = input;
      if ('message' in input)
        return { path, answer: (await backend.diagnose(path, input.message, principal)) ?? null };
      await backend.command(path, input.command, principal);
      return { path, command: input.command };
    },
  }),
  unary({
    operation: 'dead-letter.list',
    request: z.strictObject({ limit: z.int().min(1).max(1_000).default(100) }),
    response: listOf(DeadLetterView),
    handle: async ({ backend, input, principal }) => ({
      items: await backend.deadLetters(principal, input.limit),
    }),
  }),
  unary({
    operation: 'metrics.read',
    request: Nothing,
    response: z.strictObject({ contentType: z.string(), text: z.string() }),
    handle: ({ backend, principal }) => backend.metrics(principal),
  }),
];
