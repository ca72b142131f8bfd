/**
 * A loan desk that asks before a letter goes out. NATS: the plain `nats` package; subjects and headers are
 * those of docs/reference/nats.md.
 *
 *     WITAN_NATS_URL=nats://127.0.0.1:4222 npm start
 *     export WITAN_API_KEY=$(npx witan keys create --role submitter --json | jq -r .key)
 *     node --import tsx examples/doors/nats.ts nats://127.0.0.1:4222
 */
import { connect, headers, JSONCodec } from 'nats';

interface Verdict {
  readonly body: { readonly decisionId: string; readonly outcome: string; readonly decidedBy: string };
  readonly ballots: readonly { readonly body: { readonly seat: string; readonly scoreBp: number } }[];
}

const connection = await connect({ servers: process.argv[2] ?? 'nats://127.0.0.1:4222' });
const json = JSONCodec();

/** One request; an error of the node is an answer with a header. */
async function ask<T>(operation: string, body: object, more: Record<string, string> = {}): Promise<T> {
  const head = headers();
  // A server of NATS does not say whose connection a message came from, so every message says who calls.
  head.set('Witan-Api-Key', process.env['WITAN_API_KEY'] ?? '');
  head.set('Witan-Deadline-Ms', '30000');
  for (const [name, value] of Object.entries(more)) head.set(name, value);
  const options = { headers: head, timeout: 31_000 };
  const answer = await connection.request(`witan.v1.${operation}`, json.encode(body), options);
  const fault = answer.headers?.get('Nats-Service-Error');
  if (fault) throw new Error(fault);
  return json.decode(answer.data) as T;
}

const letters = [
  {
    text: 'The application for a loan of 12,000 EUR is denied: score of 412, cut-off 480.',
    context: { outcome: 'denied', reviewer: null, criteria: ['credit score', 'postcode', 'age'] },
  },
  {
    text:
      'The application for a loan of 12,000 EUR is approved at 6.4 % effective annual rate. A scoring ' +
      'system prepared this decision, and a credit officer checked and confirmed it.',
    context: {
      outcome: 'approved',
      operator: 'M. Okafor, credit officer',
      reviewer: 'L. Brandt, second credit officer',
      policy: 'Retail credit policy 2026-04, section 3.2',
      reason: 'Income stable for nine years, no arrears in 36 months',
      disclosure: 'Applicant was told that a scoring system is used and how to ask for a human decision',
      criteria: ['income stability', 'debt to income', 'payment history'],
    },
  },
];

for (const [index, letter] of letters.entries()) {
  const { body, ballots } = await ask<Verdict>('decision.evaluate', {
    type: 'loan',
    council: 'always',
    ...letter,
  });
  const against = ballots.filter((ballot) => ballot.body.scoreBp < 5_000).map((ballot) => ballot.body.seat);
  console.log(`letter ${index + 1} ${body.outcome === 'approved' ? 'goes out' : 'stays'}: ${body.outcome}`);
  if (against.length > 0) console.log(`  against it: ${against.join(', ')}`);
  const { state } = await ask<{ state: string }>('decision.read', { decisionId: body.decisionId });
  console.log(`  on the record: ${state}`);
}
await connection.drain();
