/**
 * Follow a decision live: every ballot as it is cast, and the value that the council can still reach.
 *
 *     node --import tsx examples/embedding/stream.ts
 */
import { createHost } from '../../index.ts';
import type { DecisionEvent } from '../../index.ts';

const host = await createHost({ dataDir: null, http: false, env: process.env });
await host.start();

const percent = (bp: number): string => `${(bp / 100).toFixed(2)} %`;
let ballotCount = 0;
let lastReach: readonly [number, number] = [0, 10_000];

function show(event: DecisionEvent): void {
  switch (event.type) {
    case 'opened':
      console.log(`opened: ${event.seats.length} seats, approval needs ${percent(event.thresholdBp)}`);
      break;
    case 'round-opened':
      console.log(`round ${event.round}: ${event.seats.length} seats are asked`);
      break;
    case 'ballot':
      ballotCount += 1;
      break;
    case 'tally':
      lastReach = event.tally.reachableBp;
      break;
    case 'round-closed':
      console.log(`round ${event.round} closed: ${event.next}`);
      break;
    case 'final':
      console.log(`final: ${event.verdict.body.outcome} by ${event.verdict.body.decidedBy}`);
      break;
  }
}

const { decisionId } = await host.accept({
  type: 'chat',
  text: 'How long does a sourdough loaf bake?',
  council: 'always',
});

// Events so far come first, then live ones. One that is too slow is told `onGap` and subscribes again.
await new Promise<void>((resolve) => {
  host.subscribe(
    {
      onEvent: (event) => {
        show(event);
        if (event.type === 'final') resolve();
      },
      onGap: (resumeAfter) => console.log(`events up to ${resumeAfter} are lost: subscribe again`),
      onEnd: resolve,
    },
    { decisionId },
  );
});

const [lowest, highest] = lastReach;
console.log(
  `${ballotCount} ballots seen; at the end ${lowest === highest ? 'one value was' : 'more was'} left`,
);
await host.stop();
