/**
 * Actors of your own on the kernel: state, messages, an ask with a deadline, and a supervisor that restarts.
 *
 *     node --import tsx examples/embedding/own-actor.ts
 */
import { dispatch, query, start } from '../../runtime/kernel/index.ts';
import type { ActorRef, Behavior } from '../../runtime/kernel/index.ts';
import { actorChild, spawnSupervisor } from '../../supervisors/index.ts';

type Message =
  | { readonly type: 'add'; readonly amount: number }
  | { readonly type: 'total'; readonly replyTo: ActorRef<number> };

/** State and message give the next state; one message at a time, so there is nothing to lock. */
const account: Behavior<number, Message> = (total, message) => {
  switch (message.type) {
    case 'add':
      if (!Number.isFinite(message.amount)) throw new RangeError(`${message.amount} is no amount`);
      return total + message.amount;
    case 'total':
      message.replyTo.tell(total);
      return total;
  }
};

const system = start({ name: 'bank' });
spawnSupervisor(system.root, 'accounts', {
  strategy: 'one-for-one',
  children: [
    actorChild({
      id: 'alice',
      behavior: account,
      options: { initialState: 0 },
      restart: 'permanent',
      // Restarted at most twice in ten seconds, the first time after 10 ms; one crash more is escalated.
      intensity: { maxRestarts: 2, withinMs: 10_000 },
      backoff: { firstMs: 10, maxMs: 100 },
    }),
  ],
});

const alice = system.resolve('/accounts/alice') as ActorRef<Message>;
const totalOf = (ref: ActorRef<Message>): Promise<number> =>
  query<Message, number>(ref, (replyTo) => ({ type: 'total', replyTo }), { timeoutMs: 2_000, via: system });

dispatch(alice, { type: 'add', amount: 40 });
dispatch(alice, { type: 'add', amount: 2 });
console.log(`alice has ${await totalOf(alice)}`);

// The crash is the actor's alone: its supervisor gives it a fresh state, and its address stays good.
dispatch(alice, { type: 'add', amount: Number.NaN });
dispatch(alice, { type: 'add', amount: 7 });
console.log(`after the crash alice has ${await totalOf(alice)}`);

const [info] = system.inspect('/accounts/alice');
console.log(`${info!.path}: ${info!.restartCount} restart, last error: ${info!.lastError?.message}`);

await system.stop();
