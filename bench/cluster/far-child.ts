/** The far process: counts what comes, bare or as actor, and answers what is asked. */
import { spawnStateless } from '../../runtime/kernel/index.ts';
import { connectNats } from '../../transport/nats/index.ts';
import { openBareSeats } from './council/bare-seats.ts';
import { spawnBenchSeats } from './council/seats.ts';
import { BARE, joinPair } from './pair.ts';
import type { Question, Seen, ToFar } from './pair.ts';

const [url] = process.argv.slice(2);
const ports = await connectNats({ url: url!, name: 'bench-far', reconnectWaitMs: 50 });
const bus = ports.bus();
const left = { bare: 0, tells: 0 };

function got(kind: keyof typeof left): void {
  left[kind] -= 1;
  if (left[kind] === 0) process.send!('got');
}

await bus.subscribe(BARE.sink, () => got('bare'));
await bus.subscribe(BARE.echo, ({ replyTo, data }) => bus.publish(replyTo!, data));
const { system } = await joinPair('far', bus);
spawnStateless<Seen>(system, () => got('tells'), 'sink', { mailbox: { capacity: 1_000_000 } });
spawnStateless(system, ({ replyTo, seat }: Question) => replyTo.tell(seat.length), 'echo');
spawnBenchSeats(system);
await openBareSeats(url!, system);
process.on('message', ({ expect, of }: ToFar) => {
  left[of] = expect;
  process.send!('ready');
});
process.on('disconnect', () => process.exit(0));
process.send!('ready');
