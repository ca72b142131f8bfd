/** XState 5: actors from transition functions, machines where children are wanted. */
import { assign, createActor, createMachine, enqueueActions, fromTransition } from 'xstate';
import { packageVersion } from '../package-version.ts';
import type { BenchMessage, Crowd, Holder, Reaction, Stage, Subject } from '../subject.ts';

interface Ref {
  send(message: BenchMessage): void;
  stop(): unknown;
}

class XstateStage implements Stage<Ref> {
  spawn(reaction: Reaction): Ref {
    return createActor(fromTransition(reaction, 0)).start();
  }

  tell(ref: Ref, message: BenchMessage): void {
    ref.send(message);
  }

  responder(): never {
    throw new TypeError('XState has no question with an answer');
  }

  ask(): never {
    throw new TypeError('XState has no question with an answer');
  }

  askAll(): never {
    throw new TypeError('XState has no question with an answer');
  }

  family(childCount: number, reaction: Reaction): Ref {
    const child = fromTransition((state: number) => state, 0);
    const machine = createMachine({
      types: {} as { context: { count: number }; events: BenchMessage },
      context: { count: 0 },
      entry: enqueueActions(({ enqueue }) => {
        for (let at = 0; at < childCount; at += 1) enqueue.spawnChild(child, { id: `child-${at}` });
      }),
      on: { '*': { actions: assign(({ context, event }) => ({ count: reaction(context.count, event) })) } },
    });
    return createActor(machine).start();
  }

  crowd(refs: (Ref | undefined)[], reaction: Reaction): Crowd {
    const logic = fromTransition(reaction, 0);
    for (let at = 0; at < refs.length; at += 1) refs[at] = createActor(logic).start();
    return {
      stop: async () => {
        for (const ref of refs) ref?.stop();
      },
    };
  }

  after(delayMs: number, onFire: () => void): void {
    const actor = createActor(
      fromTransition((state: number) => {
        onFire();
        return state;
      }, 0),
    ).start();
    setTimeout(() => actor.send({ type: 'fire' }), delayMs);
  }

  holder(): Holder<Ref> {
    throw new TypeError('XState has no question with an answer');
  }
}

const NO_ASK = 'no question with an answer in its surface';

/** See {@link Subject}. */
export const xstate: Subject<Ref> = {
  version: packageVersion('xstate'),
  open: async () => new XstateStage(),
  cannot: {
    ask1: NO_ASK,
    ask64: NO_ASK,
    council12: NO_ASK,
    'asks-in-flight': NO_ASK,
    'timer-lateness': 'sends run at once on the sender’s stack: an endless exchange never lets a timer run',
  },
  // Raising 10,000 takes it 15 s: each child copies the list of its siblings.
  familyMaxCount: 1_000,
};
