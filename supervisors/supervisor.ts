/** Supervisors: actors that start, restart and stop others. @source OTP supervisor */
import { WitanError } from '../contracts/errors.ts';
import type { ActorContext, ActorOptions, Behavior } from '../runtime/kernel/actor.ts';
import type { ActorRef, AnyRef } from '../runtime/kernel/ref.ts';
import { spawn } from '../runtime/kernel/index.ts';
import type { ChildSpec } from './child-spec.ts';
import { Supervision } from './supervision.ts';
import type { ChildStatus, Strategy, SupervisionMessage } from './supervision.ts';

/** Settings of one supervisor. */
export interface SupervisorOptions {
  /** Default `one-for-one`. */
  readonly strategy?: Strategy;
  /** Started in this order, stopped in reverse. */
  readonly children: readonly ChildSpec[];
}

/** What a supervisor takes. */
export type SupervisorMessage =
  /** Answered with the children in order of their specs. */
  | { readonly type: 'children'; readonly replyTo: ActorRef<readonly ChildStatus[]> }
  /** Adds a child after the others and starts it; answered with its ref or with `already_exists`. */
  | {
      readonly type: 'start-child';
      readonly spec: ChildSpec;
      readonly replyTo?: ActorRef<AnyRef | WitanError>;
    }
  /** Stops a child for good; an unknown id changes nothing. */
  | { readonly type: 'stop-child'; readonly id: string }
  | SupervisionMessage;

/** Spawns a supervisor below `parent`; its children are started before it takes a message. */
export function spawnSupervisor(
  parent: AnyRef,
  name: string,
  options: SupervisorOptions,
): ActorRef<SupervisorMessage> {
  assertUnique(options.children);
  // One closure per actor: `onCrash` gets no state, and has to know the children all the same.
  let current: Supervision | undefined;
  const behavior: Behavior<Supervision, SupervisorMessage> = (supervision, message, ctx) => {
    handle(supervision, message, ctx);
    return supervision;
  };
  const actorOptions: ActorOptions<Supervision, SupervisorMessage> = {
    behaviorName: 'supervisor',
    stateName: (supervision) => supervision.stateName,
    // What the supervisor tells itself must find room however much others ask of it.
    mailbox: { reserved: 64, isReserved: (message) => isOwn(message) },
    initialStateFunc: (ctx) => {
      current = new Supervision(options.strategy ?? 'one-for-one', options.children, ctx);
      current.startAll(ctx);
      return current;
    },
    onSignal: (supervision, signal, ctx) => {
      if (signal.kind === 'terminated') supervision.childEnded(signal.ref, signal.reason, ctx);
      return supervision;
    },
    onCrash: (_message, error, ctx, child) => {
      if (!child || !current) return 'escalate';
      return current.childCrashed(child, error, ctx as ActorContext<SupervisionMessage>);
    },
  };
  return spawn(parent, behavior, name, actorOptions);
}

/** Spec of a supervisor below another one. */
export function supervisorChild(
  id: string,
  options: SupervisorOptions & Omit<ChildSpec, 'id' | 'start'>,
): ChildSpec {
  const { strategy, children, ...spec } = options;
  return {
    ...spec,
    id,
    start: (parent) => spawnSupervisor(parent, id, { children, ...(strategy && { strategy }) }),
  };
}

function handle(
  supervision: Supervision,
  message: SupervisorMessage,
  ctx: ActorContext<SupervisorMessage>,
): void {
  switch (message.type) {
    case 'children':
      return message.replyTo.tell(supervision.statuses());
    case 'start-child':
      return addChild(supervision, message, ctx);
    case 'stop-child':
      return supervision.remove(message.id, ctx);
    default:
      return supervision.proceed(message, ctx);
  }
}

function addChild(
  supervision: Supervision,
  { spec, replyTo }: Extract<SupervisorMessage, { type: 'start-child' }>,
  ctx: ActorContext<SupervisorMessage>,
): void {
  if (supervision.has(spec.id)) {
    replyTo?.tell(new WitanError('already_exists', `${ctx.path} has a child ${spec.id}`));
    return;
  }
  const ref = supervision.add(spec, ctx);
  replyTo?.tell(ref ?? new WitanError('crashed', `${spec.id} did not start; it is tried again`));
}

function isOwn(message: SupervisorMessage): boolean {
  return message.type === 'restart-due' || message.type === 'overdue' || message.type === 'recover';
}

function assertUnique(children: readonly ChildSpec[]): void {
  const ids = new Set(children.map((child) => child.id));
  if (ids.size !== children.length) throw new TypeError('the ids of a supervisor’s children must be unique');
}
