/** One body, two senders: an actor cannot tell whether a message came from its own node or from another. */
import { createBudget } from '../../runtime/kernel/budget.ts';
import {
  follow,
  forward,
  query,
  queryAll,
  spawnStateless,
  stop,
  tellWith,
} from '../../runtime/kernel/index.ts';
import type {
  ActorContext,
  ActorRef,
  ActorSystem,
  AnyRef,
  MessageOptions,
} from '../../runtime/kernel/index.ts';
import { toWitanError } from '../../contracts/errors.ts';
import { assert, suite } from '../harness.ts';
import { Rig } from './remote/rig.ts';

const test = suite('a message from another node is a message');

/** Where the senders live, and how they reach actors of the receiving node. */
interface Side {
  readonly rig: Rig;
  /** System of the handler. */
  readonly home: ActorSystem;
  /** System of the senders. */
  readonly from: ActorSystem;
  readonly ref: <M>(path: string) => ActorRef<M>;
}

async function local(): Promise<Side> {
  const rig = new Rig();
  const { system } = await rig.node('home');
  // An address of an actor stays one when the actor is gone; a path alone would be looked up anew.
  const refs = new Map<string, ActorRef<unknown>>();
  const ref = (path: string): ActorRef<unknown> => {
    const known = refs.get(path) ?? system.resolve(path);
    refs.set(path, known);
    return known;
  };
  return { rig, home: system, from: system, ref: ref as Side['ref'] };
}

async function remote(): Promise<Side> {
  const rig = new Rig();
  const home = await rig.node('home');
  const other = await rig.node('other');
  return { rig, home: home.system, from: other.system, ref: (path) => other.remoting.ref('home', path) };
}

/** Runs a body on both sides; what it gives must be the same. */
function same(name: string, body: (side: Side) => Promise<unknown>): void {
  test(name, async () => {
    const [here, there] = [await body(await local()), await body(await remote())];
    assert.ok(here !== undefined);
    assert.equal(there, here);
  });
}

type Message = { type: string; n?: number };

/** Notes what a handler can see of each message. */
function recorder(system: ActorSystem) {
  const seen: unknown[] = [];
  spawnStateless(
    system,
    (message: Message, ctx: ActorContext<Message>) => {
      seen.push({
        message,
        envelope: ctx.envelope,
        sender: ctx.sender?.path,
        budget: ctx.budget?.remainingMs(),
        isStable: ctx.envelope.messageId === ctx.envelope.messageId,
      });
    },
    'note',
  );
  return seen;
}

same('plain tells, with and without a sender', async ({ rig, home, from, ref }) => {
  const seen = recorder(home);
  const sender = spawnStateless(from, () => {}, 'sender');
  ref<Message>('/note').tell({ type: 'bare' });
  ref<Message>('/note').tell({ type: 'signed', n: 1 }, sender as AnyRef);
  tellWith(ref<Message>('/note'), { type: 'signed', n: 2 }, { sender: sender as AnyRef });
  await rig.settle();
  assert.is(seen.length, 3);
  return seen;
});

same('every field of the envelope', async ({ rig, home, from, ref }) => {
  const seen = recorder(home);
  const options: MessageOptions = {
    sender: spawnStateless(from, () => {}, 'sender') as AnyRef,
    budget: createBudget(from.clock, 750),
    messageId: 'm-1',
    schemaVersion: 3,
    correlationId: 'c-1',
    causationId: 'm-0',
    priority: 0,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tenant: 'acme',
    generation: 41,
  };
  tellWith(ref<Message>('/note'), { type: 'full' }, options);
  for (const [name, value] of Object.entries(options))
    tellWith(ref<Message>('/note'), { type: name }, { [name]: value });
  await rig.settle();
  assert.is(seen.length, 1 + Object.keys(options).length);
  return seen;
});

same('an ask: reply address as sender, envelope and answer', async ({ rig, home, from, ref }) => {
  const seen: unknown[] = [];
  spawnStateless(
    home,
    (message: { type: string; replyTo: ActorRef<unknown> }, ctx) => {
      const { messageId, correlationId, sender, ...envelope } = ctx.envelope;
      assert.is(messageId, correlationId);
      seen.push({ envelope, isSender: ctx.sender === message.replyTo, path: sender?.slice(0, 8) });
      message.replyTo.tell({ seen: message.type, at: new Date(5) });
    },
    'asked',
  );
  const make = (replyTo: ActorRef<unknown>) => ({ type: 'question', replyTo });
  const target = ref<ReturnType<typeof make>>('/asked');
  seen.push(await rig.sim.until(query(target, make, { timeoutMs: 100, via: from })));
  const envelope = { budget: createBudget(from.clock, 60), tenant: 'acme' };
  seen.push(await rig.sim.until(query(target, make, { timeoutMs: 100, via: from, envelope })));
  seen.push(await rig.sim.until(queryAll([target, target], make, { timeoutMs: 100, via: from })));
  return seen;
});

same('the sender can be answered, watched and sent on in a message', async ({ rig, home, from, ref }) => {
  const seen: unknown[] = [];
  const friend = spawnStateless(
    from,
    (message: unknown, ctx) => void seen.push(message, ctx.sender?.path),
    'friend',
  );
  const sender = spawnStateless(from, (message: unknown) => void seen.push(message), 'sender');
  spawnStateless(
    home,
    (message: { friend: ActorRef<unknown>; again?: ActorRef<unknown> }, ctx) => {
      ctx.watch(message.friend as AnyRef);
      (ctx.sender as AnyRef as ActorRef<unknown>).tell({ hello: 'sender' });
      message.friend.tell({ hello: 'friend' }, ctx.self as AnyRef);
      seen.push(message.again === undefined || message.again === message.friend);
    },
    'host',
    { onSignal: (state, signal) => (seen.push({ ...signal, ref: undefined }), state) },
  );
  const host = ref<{ friend: ActorRef<unknown>; again?: ActorRef<unknown> }>('/host');
  host.tell({ friend }, sender as AnyRef);
  host.tell({ friend, again: friend }, sender as AnyRef);
  await rig.settle();
  void stop(friend as AnyRef);
  await rig.settle();
  assert.is(seen.length, 9);
  // Which of several actors runs first is chance.
  return seen.map((item) => JSON.stringify(item)).sort();
});

same('what follows from a message keeps its conversation', async ({ rig, home, from, ref }) => {
  const seen = recorder(home);
  spawnStateless(
    home,
    (message: Message, ctx) => {
      tellWith(ref<Message>('/note'), { type: 'followed' }, follow(ctx as never));
      forward(ref<Message>('/note'), message, ctx as never);
    },
    'step',
  );
  const sender = spawnStateless(from, () => {}, 'sender') as AnyRef;
  tellWith(
    ref<Message>('/step'),
    { type: 'go' },
    { sender, messageId: 'm-1', tenant: 'acme', traceparent: 't' },
  );
  await rig.settle();
  assert.is(seen.length, 2);
  return seen;
});

same('failures of asks: codes and details', async ({ rig, home, from, ref }) => {
  spawnStateless(home, () => void Promise.reject(new Error('x')).catch(() => {}), 'silent');
  spawnStateless(home, () => Promise.reject(new Error('broken')), 'broken');
  const ask = (path: string, options = {}) =>
    rig.sim
      .until(query(ref(path), () => ({}), { timeoutMs: 50, via: from, ...options }))
      .catch((error: unknown) => toWitanError(error).toJSON());
  const spent = { envelope: { budget: createBudget(from.clock, 0) } };
  const aborted = { signal: AbortSignal.abort('no') };
  return [
    await ask('/nobody'),
    await ask('/silent'),
    await ask('/broken'),
    await ask('/broken'),
    await ask('/silent', spent),
    await ask('/silent', aborted),
  ];
});
