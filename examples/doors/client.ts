/**
 * An agent whose tools are guarded by the council, through `witan/client`: the same lines over each wire.
 *
 *     npm start
 *     node --import tsx examples/doors/client.ts http://127.0.0.1:8470
 *     node --import tsx examples/doors/client.ts 127.0.0.1:8471              # gRPC
 *     node --import tsx examples/doors/client.ts nats://127.0.0.1:4222       # with WITAN_API_KEY
 */
import { connect, WitanError } from '../../transport/client/index.ts';

const address = process.argv[2] ?? 'http://127.0.0.1:8470';
const apiKey = process.env['WITAN_API_KEY'];
const options = { timeoutMs: 60_000, ...(apiKey && { apiKey }) };
const witan = await connect(
  address.startsWith('http')
    ? { http: address, ...options }
    : address.startsWith('nats')
      ? { nats: address, ...options }
      : { grpc: address, ...options },
);

/** The tool as the agent has it; it would run the command. */
const shell = (command: string): string => `ran: ${command}`;

// What is not approved is not called; without a verdict it is not called either.
const guardedShell = witan.guard(shell, {
  before: (command) => ({
    type: 'tool-call',
    text: `The agent wants to run a shell command on the file server: ${command}`,
    context: { tool: 'shell', arguments: { host: 'files-prod-01', command } },
    council: 'always',
  }),
});

for (const command of ['uptime', 'sudo rm -rf / --no-preserve-root']) {
  try {
    console.log(await guardedShell(command));
  } catch (error) {
    if (!(error instanceof WitanError) || error.code !== 'permission_denied') throw error;
    console.log(`${error.code}: ${command}  (${String(error.details['outcome'])})`);
  }
  const { verdict } = guardedShell.lastEvaluation!;
  const { decisionId, decidedBy } = verdict.body;
  const { state } = await witan.read(decisionId);
  const { verified } = await witan.check(decisionId);
  const against = verdict.ballots.filter(({ body }) => body.scoreBp < 5_000).length;
  console.log(`  ${state} by ${decidedBy}, ${against} of ${verdict.ballots.length} seats against it`);
  console.log(`  ${verified ? 'the record verifies' : 'the record does not verify'}`);
}

// Followed from its first event, as it would be live.
const decisionId = await witan.submit({ type: 'chat', text: 'How long does bread bake?', council: 'always' });
let ballotCount = 0;
for await (const item of witan.watch(decisionId)) {
  if (item.kind !== 'event') continue;
  if (item.event.type === 'ballot') ballotCount += 1;
  if (item.event.type === 'final')
    console.log(`${ballotCount} ballots followed, then ${item.event.verdict.body.outcome}`);
}
await witan.close();
