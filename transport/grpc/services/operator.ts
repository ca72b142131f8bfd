/** `witan.v1.Operator`: the actor tree; commands are checked and recorded by the backend. */
import { z } from 'zod';
import { create } from '@bufbuild/protobuf';
import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import { WitanError } from '../../../contracts/errors.ts';
import { parseMessage } from '../../../contracts/parse-message.ts';
import { parseJsonText } from '../../../contracts/proto/convert/json-codec.ts';
import { WIRE } from '../../../contracts/proto/convert/wire-messages.ts';
import {
  Operator,
  WatchTreeResponseSchema,
} from '../../../contracts/proto/gen/witan/v1/operator_service_pb.ts';
import type { WatchTreeResponse } from '../../../contracts/proto/gen/witan/v1/operator_service_pb.ts';
import type { TreeEvent } from '../../../runtime/kernel/inspection-info.ts';
import type { OperatorCommand } from '../../door/backend.ts';
import { serverStream, unary } from '../method.ts';
import type { GrpcMethod } from '../method.ts';
import type { Outgoing } from '../outgoing.ts';

const { method } = Operator;
const ActorPath = z.strictObject({ path: z.string().regex(/^\/.{0,999}$/, 'a path that begins with /') });
const LetterLimit = z.strictObject({ limit: z.int().min(1).max(1_000).default(100) });

/** Methods of the service. */
export const operatorMethods: readonly GrpcMethod[] = [
  unary(method.tree, 'actor.tree', async ({ pathPrefix }, { backend, principal }) => ({
    items: (await backend.tree(principal, pathPrefix)).map((actor) => WIRE.actorView.encode(actor)),
  })),
  serverStream(method.watchTree, 'actor.watch', async (_request, { backend, principal, outgoing }) =>
    backend.watchTree(principal, treeFollower(outgoing)),
  ),
  unary(method.actor, 'actor.read', async (request, { backend, principal }) => ({
    actor: WIRE.actorView.encode(await backend.actor(pathOf(request), principal)),
  })),
  command(method.stop, 'stop'),
  command(method.restart, 'restart'),
  command(method.pause, 'pause'),
  command(method.resume, 'resume'),
  unary(method.diagnose, 'actor.command', async (request, { backend, principal }) => {
    const answer = await backend.diagnose(pathOf(request), messageOf(request.messageJson), principal);
    return { answerJson: JSON.stringify(answer) ?? 'null' };
  }),
  unary(method.deadLetters, 'dead-letter.list', async ({ limit }, { backend, principal }) => {
    const letters = await backend.deadLetters(principal, parseMessage(LetterLimit, { limit }).limit);
    return { items: letters.map((letter) => WIRE.deadLetterView.encode(letter)) };
  }),
];

type CommandMethod = DescMethod & {
  readonly input: (typeof method)['stop']['input'];
  readonly output: DescMessage;
};

function command(desc: DescMethod, name: OperatorCommand): GrpcMethod {
  // The four requests have the same one field, and the four answers none.
  return unary(desc as CommandMethod, 'actor.command', async (request, { backend, principal }) => {
    await backend.command(pathOf(request), name, principal);
    return {};
  });
}

function pathOf({ path }: { readonly path: string }): string {
  return parseMessage(ActorPath, { path }).path;
}

function messageOf(json: string): object {
  const message = parseJsonText(json, { path: ['messageJson'] });
  if (typeof message === 'object' && message !== null && !Array.isArray(message)) return message;
  throw new WitanError('invalid_argument', 'a diagnostic message is a JSON object', {
    path: 'messageJson',
    expected: 'an object',
  });
}

/** Tree events are not kept anywhere: what a full stream does not take is counted, and the count is sent. */
function treeFollower(outgoing: Outgoing<WatchTreeResponse>): (event: TreeEvent) => void {
  let droppedCount = 0;
  const sendCount = (): void => {
    const value = BigInt(droppedCount);
    droppedCount = 0;
    void outgoing.send(create(WatchTreeResponseSchema, { message: { case: 'droppedCount', value } }));
  };
  return (event) => {
    if (outgoing.full) {
      if (droppedCount === 0) void outgoing.full.then(sendCount);
      droppedCount += 1;
      return;
    }
    const value = WIRE.treeEvent.encode(event);
    void outgoing.send(create(WatchTreeResponseSchema, { message: { case: 'event', value } }));
  };
}
