/**
 * A node over HTTP with nothing but `fetch`: submit, follow the events, fetch the proof and check it.
 *
 *     node --import tsx examples/embedding/http-client.ts
 */
import { createHost, verifyDecisionProof } from '../../index.ts';
import type { DecisionEvent } from '../../index.ts';

// A node on a free port, so that the example stands alone; yours is started with `npm start`.
const host = await createHost({ dataDir: null, settings: { http: { port: 0 } }, env: process.env });
await host.start();
const url = host.address!.url;

const answer = await fetch(`${url}/api/v1/decisions/evaluate`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', prefer: 'respond-async' },
  body: JSON.stringify({ type: 'chat', text: 'Tell me a joke about bread.', council: 'always' }),
});
const { decisionId } = (await answer.json()) as { decisionId: string };
console.log(`${answer.status}: accepted ${decisionId}`);

let ballotCount = 0;
for await (const event of follow(`${url}/api/v1/decisions/${decisionId}/events`)) {
  if (event.type === 'ballot') ballotCount += 1;
  if (event.type !== 'final') continue;
  console.log(`${ballotCount} ballots, then ${event.verdict.body.outcome}`);
  break;
}

// The key to check with must come over another way than the proof: the node prints it at its start.
const pinned = host.pinnedKey();
const proof = await (await fetch(`${url}/api/v1/decisions/${decisionId}/proof`)).json();
console.log(verifyDecisionProof(proof, pinned).ok ? 'verified' : 'not verified');

const refused = await fetch(`${url}/api/v1/decisions/evaluate`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ type: 'chat', text: 'Hello', weight: 1 }),
});
const { error } = (await refused.json()) as { error: { code: string; details: { path: string } } };
console.log(`${refused.status}: ${error.code} at ${error.details.path}`);

await host.stop();

/** Server-sent events of one stream: blocks between empty lines, the JSON in their `data:` lines. */
async function* follow(address: string): AsyncGenerator<DecisionEvent> {
  const response = await fetch(address, { headers: { accept: 'text/event-stream' } });
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => line.startsWith('data:'));
      const isGap = block.includes('event: gap') || block.includes('event: snapshot');
      if (lines.length > 0 && !isGap) yield JSON.parse(lines.map((line) => line.slice(5)).join('\n'));
    }
  }
}
