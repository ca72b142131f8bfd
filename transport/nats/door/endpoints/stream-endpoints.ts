/** Streams: decisions followed, the actor tree watched, outside agents served. */
import { z } from 'zod';
import { WitanError } from '../../../../contracts/errors.ts';
import { DecisionView } from '../../../../contracts/messages/decision-view.ts';
import { DecisionEvent } from '../../../../contracts/messages/events.ts';
import { DecisionId } from '../../../../contracts/messages/ids.ts';
import { ActorView, TreeEventView } from '../../../../contracts/messages/door/operator.ts';
import { OutsideAgentCard, OutsideWorkCard } from '../../../../contracts/messages/door/outside-agent.ts';
import { StreamCredit } from '../../../../contracts/messages/door/stream-frames.ts';
import { stream } from './endpoint.ts';
import type { Endpoint, NatsCall, StreamSide } from './endpoint.ts';
import { listOf } from './page-form.ts';
import { WIRE_FORMS } from './wire-forms.ts';
import type { StreamSession } from '../stream-session.ts';

const FollowForm = StreamCredit.extend({
  decisionId: DecisionId,
  /** Events after this sequence; 0: all that are held. */
  afterSequence: z.int().min(0).max(1_000_000_000).default(0),
});

const ServeForm = StreamCredit.extend({ agent: OutsideAgentCard });

/** Endpoints that open streams. */
export const streamEndpoints: readonly Endpoint[] = [
  stream({
    operation: 'decision.follow',
    request: FollowForm,
    frames: { event: DecisionEvent, snapshot: DecisionView },
    frameWires: { event: WIRE_FORMS.decisionEvent, snapshot: WIRE_FORMS.decisionView },
    start: follow,
  }),
  stream({
    operation: 'decision.follow-all',
    request: StreamCredit,
    frames: { event: DecisionEvent },
    frameWires: { event: WIRE_FORMS.decisionEvent },
    start: followAll,
  }),
  stream({
    operation: 'actor.watch',
    request: StreamCredit,
    frames: { event: TreeEventView, snapshot: listOf(ActorView) },
    frameWires: { event: WIRE_FORMS.treeEvent },
    start: watchTree,
  }),
  stream({
    operation: 'agent.serve',
    request: ServeForm,
    frames: { work: OutsideWorkCard, cancel: z.strictObject({ decisionId: DecisionId }) },
    frameWires: { work: WIRE_FORMS.outsideWork },
    start: serveAgent,
  }),
];

async function follow(
  { input, backend, principal }: NatsCall<z.infer<typeof FollowForm>>,
  session: StreamSession,
): Promise<StreamSide> {
  const { decisionId } = input;
  let lastSequence = input.afterSequence;
  /** Counts subscriptions, so that what a replaced one still gives is not sent twice. */
  let round = 0;
  const subscribe = async (): Promise<() => void> => {
    const own = (round += 1);
    return backend.follow(decisionId, {
      afterSequence: lastSequence,
      principal,
      follower: {
        onEvent: (event) => {
          if (own !== round) return;
          lastSequence = Math.max(lastSequence, event.sequence);
          return session.send('event', event, event.sequence);
        },
        onSnapshot: (view) => void (own === round && session.send('snapshot', view)),
        onGap: (resumeAfter) => {
          if (own !== round) return;
          session.gap(Math.max(0, resumeAfter - lastSequence), resumeAfter);
          // The source knows best, also where it stands before what the client named.
          lastSequence = resumeAfter;
        },
        onEnd: () => void (own === round && session.finish()),
      },
    });
  };
  let unsubscribe = await subscribe();
  return {
    stop: () => unsubscribe(),
    async recover() {
      unsubscribe();
      round += 1;
      // Read before the events go on: what happens in between comes as events again, never not at all.
      session.send('snapshot', await backend.readDecision(decisionId, principal));
      unsubscribe = await subscribe();
    },
  };
}

async function followAll(
  { backend, principal }: NatsCall<z.infer<typeof StreamCredit>>,
  session: StreamSession,
): Promise<StreamSide> {
  const unsubscribe = backend.followAll(principal, {
    onEvent: (event) => session.send('event', event, event.sequence),
    onGap: (droppedCount) => session.gap(droppedCount, 0),
    onEnd: () => session.finish(),
  });
  return { stop: unsubscribe };
}

async function watchTree(
  { backend, principal }: NatsCall<z.infer<typeof StreamCredit>>,
  session: StreamSession,
): Promise<StreamSide> {
  const unsubscribe = backend.watchTree(principal, (event) => void session.send('event', event));
  return {
    stop: unsubscribe,
    recover: async () => void session.send('snapshot', { items: await backend.tree(principal) }),
  };
}

async function serveAgent(
  { input, backend, principal }: NatsCall<z.infer<typeof ServeForm>>,
  session: StreamSession,
): Promise<StreamSide> {
  const registration = await backend.outsideAgents.register(input.agent, principal, {
    onWork: (work) => {
      if (!session.hasRoom) return false;
      void session.send('work', work);
      return true;
    },
    onCancel: (decisionId) => void session.send('cancel', { decisionId }),
    onEnd: (reason) => session.end(new WitanError('stopped', reason)),
  });
  return {
    stop: () => registration.close(),
    onBallot: (ballot) => registration.cast(ballot),
    onDecline: (decisionId, detail) => registration.decline(decisionId, detail),
  };
}
