/**
 * A campaign assistant that asks before it sends data of customers. HTTP with nothing but `fetch`.
 *
 *     npm start
 *     node --import tsx examples/doors/http.ts http://127.0.0.1:8470
 */
interface Verdict {
  readonly body: {
    readonly decisionId: string;
    readonly outcome: string;
    readonly alternative: { readonly actions: readonly string[] } | null;
  };
  readonly ballots: readonly { readonly body: { readonly seat: string; readonly veto: string | null } }[];
}

const url = process.argv[2] ?? 'http://127.0.0.1:8470';
// On the machine of the node no key is needed; elsewhere it comes from `npx witan keys create`.
const key = process.env['WITAN_API_KEY'];

async function ask<T>(path: string, body?: object): Promise<T> {
  const answer = await fetch(`${url}/api/v1/${path}`, {
    headers: { ...(body && { 'content-type': 'application/json' }), ...(key && { 'x-api-key': key }) },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  const given = (await answer.json()) as { error?: { code: string; message: string } };
  // Without a verdict nothing is sent: an error is never an approval.
  if (given.error) throw new Error(`${given.error.code}: ${given.error.message}`);
  return given as T;
}

const mails = [
  {
    about: 'opening hours',
    payload: 'Our shop is open from nine to six on weekdays, and from ten to four on Saturdays.',
  },
  {
    about: 'a customer',
    payload: 'Name: Ingrid Halvorsen, card number 4539 1488 0343 6467, diagnosed with type 2 diabetes',
  },
];

for (const { about, payload } of mails) {
  const { body, ballots } = await ask<Verdict>('decisions/evaluate', {
    type: 'email',
    text: `Mail to the marketing agency: ${payload}`,
    council: 'always',
  });
  console.log(`mail about ${about}: ${body.outcome === 'approved' ? 'sent' : `not sent, ${body.outcome}`}`);
  const vetoes = ballots.filter((ballot) => ballot.body.veto !== null);
  for (const { body: ballot } of vetoes) console.log(`  veto of ${ballot.seat}: ${ballot.veto}`);
  for (const action of body.alternative?.actions ?? []) console.log(`  - ${action}`);
  const { state } = await ask<{ state: string }>(`decisions/${body.decisionId}`);
  const { verified } = await ask<{ verified: boolean }>(`decisions/${body.decisionId}/verify`);
  console.log(`  on the record: ${state}, ${verified ? 'verified' : 'not verified'}`);
}
