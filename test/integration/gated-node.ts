/**
 * A node that a test kills: it opens one decision, lets eleven seats vote, and waits for ever.
 *
 *     node --import tsx test/integration/gated-node.ts DATA_FOLDER IDEMPOTENCY_KEY
 *
 * Prints one line of JSON, with the decision's id, when the twelfth seat has been asked.
 */
import { BENIGN, Gate, gatedSeat, startHost } from '../host/fixtures.ts';
import { PATIENT } from './fault-fixtures.ts';

const [dataDir, idempotencyKey] = process.argv.slice(2);
const gate = new Gate();
const host = await startHost({ dataDir: dataDir!, settings: PATIENT, seatPlan: gatedSeat('wisdom', gate) });
let ballotCount = 0;
const elevenCast = new Promise<void>((resolve) => {
  host.subscribe({
    onEvent: (event) => {
      if (event.type === 'ballot') ballotCount += 1;
      if (ballotCount === 11) resolve();
    },
    onGap: () => undefined,
    onEnd: () => undefined,
  });
});
const { decisionId } = await host.accept({ ...BENIGN, idempotencyKey });
await gate.reached;
await elevenCast;
process.stdout.write(`${JSON.stringify({ decisionId })}\n`);
