/**
 * An operations agent that asks before it runs a shell command. gRPC: grpc-js and the shipped .proto files.
 *
 *     npm start                                                  # prints the address
 *     node --import tsx examples/doors/grpc.ts 127.0.0.1:8471    # in a second terminal
 */
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { join } from 'node:path';

interface Verdict {
  readonly body: {
    readonly outcome: 'OUTCOME_APPROVED' | 'OUTCOME_REJECTED' | 'OUTCOME_HELD';
    readonly decidedBy: string;
    readonly alternative?: { readonly actions: readonly string[] };
  };
}

type Call<Q, A> = (request: Q, metadata: Metadata, done: (error: Error | null, answer: A) => void) => void;

interface Council {
  Evaluate: Call<{ decision: object }, { decisionId: string; verdict: Verdict }>;
  GetDecision: Call<{ decisionId: string }, { decision: { state: string; record: { state: string } } }>;
  close(): void;
}

interface Loaded {
  readonly witan: {
    readonly v1: { readonly Council: new (target: string, channel: ChannelCredentials) => Council };
  };
}

const { Council } = (
  loadPackageDefinition(
    loadSync('witan/v1/council_service.proto', {
      includeDirs: [join(import.meta.dirname, '../../contracts/proto')],
      enums: String,
      longs: Number,
    }),
  ) as unknown as Loaded
).witan.v1;
const council = new Council(process.argv[2] ?? '127.0.0.1:8471', credentials.createInsecure());

// On the machine of the node no key is needed; elsewhere it comes from `npx witan keys create`.
const metadata = new Metadata();
if (process.env['WITAN_API_KEY']) metadata.set('x-api-key', process.env['WITAN_API_KEY']);

function call<Q, A>(method: Call<Q, A>, request: Q): Promise<A> {
  return new Promise((resolve, reject) =>
    method.call(council, request, metadata, (error, answer) => (error ? reject(error) : resolve(answer))),
  );
}

for (const command of ['df -h /srv/files', 'sudo rm -rf / --no-preserve-root']) {
  const decision = {
    type: 'tool-call',
    text: `The agent wants to run a shell command on the file server: ${command}`,
    contextJson: JSON.stringify({ tool: 'shell', arguments: { host: 'files-prod-01', command } }),
    council: 'COUNCIL_MODE_ALWAYS',
  };
  const { decisionId, verdict } = await call(council.Evaluate, { decision });
  const { outcome, alternative } = verdict.body;
  // Nothing but an approval lets it run: held means that a person must look first.
  console.log(`${outcome === 'OUTCOME_APPROVED' ? 'runs' : 'does not run'}: ${command}  (${outcome})`);
  for (const action of alternative?.actions ?? []) console.log(`  - ${action}`);
  const { decision: recorded } = await call(council.GetDecision, { decisionId });
  console.log(`  on the record: ${recorded.state}`);
}
council.close();
