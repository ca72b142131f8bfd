/**
 * A mail service that asks before it sends, with the council in its own process: Fastify and `createHost`.
 *
 *     node --import tsx examples/doors/fastify.ts
 */
import Fastify from 'fastify';
import { createHost, WitanError } from '../../index.ts';

// No door of its own: the service has one. `dataDir: 'some/folder'` would keep the record.
const host = await createHost({ dataDir: null, http: false, env: process.env });
const service = Fastify();
service.addHook('onReady', () => host.start());
service.addHook('onClose', () => host.stop());

interface Mail {
  readonly to: string;
  readonly text: string;
}

const schema = {
  body: {
    type: 'object',
    required: ['to', 'text'],
    properties: { to: { type: 'string' }, text: { type: 'string', maxLength: 20_000 } },
  },
};

service.post<{ Body: Mail }>('/mail', { schema }, async ({ body: mail }, reply) => {
  const verdict = await host.submit({
    type: 'email',
    text: `Mail to ${mail.to}: ${mail.text}`,
    council: 'always',
  });
  const { outcome, decisionId, alternative } = verdict.body;
  if (outcome === 'approved') return reply.code(202).send({ sent: true, decisionId });
  // Held is no approval: a person has to look first.
  return reply
    .code(outcome === 'held' ? 409 : 403)
    .send({ sent: false, actions: alternative?.actions ?? [] });
});

service.setErrorHandler((error, _request, reply) => {
  // Without a verdict nothing is sent, and the caller learns whether it may try again.
  if (error instanceof WitanError)
    return reply.code(error.retryable ? 503 : 500).send({ sent: false, code: error.code });
  return reply.send(error);
});

const url = await service.listen({ port: 0, host: '127.0.0.1' });

async function post(mail: Mail): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/mail`, { method: 'POST', headers, body: JSON.stringify(mail) });
  const { sent, actions = [] } = (await answer.json()) as { sent: boolean; actions?: string[] };
  console.log(`${answer.status}: ${sent ? 'sent' : 'not sent'} to ${mail.to}`);
  for (const action of actions) console.log(`  - ${action}`);
}

await post({
  to: 'all-staff@example.org',
  text: 'The canteen has a new menu from Monday on, with two dishes without meat each day.',
});
await post({
  to: 'agency@example.org',
  text: 'Name: Ingrid Halvorsen, card number 4539 1488 0343 6467, diagnosed with type 2 diabetes',
});
await service.close();
