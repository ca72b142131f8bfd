/**
 * An agent system of others joins the council over gRPC: it registers, is handed each tool call, and casts a
 * ballot under its own key. Its ballots are shown and recorded, and advisory: they are not in the tally.
 *
 *     npm start
 *     node --import tsx examples/doors/outside-agent.ts 127.0.0.1:8471
 */
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import type { ChannelCredentials, ClientDuplexStream } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';

interface Work {
  readonly decision: { decisionId: string; digest: string; request: { text: string } };
  readonly round: number;
  readonly sessionDigest: string;
}

interface FromNode {
  readonly message: 'registered' | 'work' | 'cancelled' | 'taken' | 'notTaken' | 'ended';
  readonly work?: Work;
  readonly notTaken?: { readonly error: { readonly code: string; readonly message: string } };
}

interface Answer {
  readonly verdict: { body: { outcome: string; tally: { ballotCount: number } } };
}

interface Client {
  Serve(metadata: Metadata): ClientDuplexStream<object, FromNode>;
  Evaluate(request: object, metadata: Metadata, done: (error: Error | null, answer: Answer) => void): void;
  close(): void;
}

type Loaded = { witan: { v1: Record<string, new (target: string, channel: ChannelCredentials) => Client> } };

function client(service: 'Agents' | 'Council'): Client {
  const includeDirs = [join(import.meta.dirname, '../../contracts/proto')];
  const file = `witan/v1/${service.toLowerCase()}_service.proto`;
  const definition = loadSync(file, { includeDirs, enums: String, longs: Number, oneofs: true });
  const Service = (loadPackageDefinition(definition) as unknown as Loaded).witan.v1[service]!;
  return new Service(process.argv[2] ?? '127.0.0.1:8471', credentials.createInsecure());
}

/** Canonical JSON (RFC 8785) of plain values: keys in order, no white space. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, part]) => `${JSON.stringify(name)}:${canonical(part)}`).join(',')}}`;
}

const hex = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

const agentId = 'change-desk';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const rawKey = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
const keyId = `outside/${agentId}#${hex(rawKey).slice(0, 16)}`;

/** The agent's word: it approves what only reads. `null` and empty lists are signed, and not on the wire. */
function ballotOn({ decision, round, sessionDigest }: Work): object {
  const isReading = /: (df|uptime|ls) /.test(decision.request.text);
  const body = {
    decisionId: decision.decisionId,
    sessionDigest,
    decisionDigest: decision.digest,
    seat: agentId,
    round,
    scoreBp: isReading ? 10_000 : 0,
    confidenceBp: 9_000,
    applicable: true,
    veto: null,
    families: [],
    evaluators: [],
    evidenceDigest: `sha256:${hex('[]')}`,
    previousBallot: null,
    cites: [],
    calibration: 'uncalibrated',
  };
  const signature = sign(null, Buffer.from(`witan-ballot/1\n${canonical(body)}`), privateKey);
  return { body, evidence: [], keyId, signature: signature.toString('base64url') };
}

const [agents, council] = [client('Agents'), client('Council')];
const metadata = new Metadata();
if (process.env['WITAN_API_KEY']) metadata.set('x-api-key', process.env['WITAN_API_KEY']);
const stream = agents.Serve(metadata);
const said = stream[Symbol.asyncIterator]() as AsyncIterator<FromNode>;

const card = { agentId, title: 'Change desk', mandate: 'Commands on servers', decisionTypes: ['tool-call'] };
stream.write({ register: { ...card, publicKey: rawKey.toString('hex') } });
console.log(`${agentId}: ${(await said.next()).value.message}`);

// Somebody asks for a decision; the agent is handed it beside the twelve seats.
const text = 'The agent wants to run a shell command on the file server: df -h /srv/files';
const decision = { type: 'tool-call', text, council: 'COUNCIL_MODE_ALWAYS' };
const answer = new Promise<Answer>((resolve, reject) =>
  council.Evaluate({ decision }, metadata, (error, given) => (error ? reject(error) : resolve(given))),
);
const { message, work } = (await said.next()).value;
console.log(`${agentId}: ${message}, round ${work!.round}: ${work!.decision.request.text}`);
stream.write({ cast: { ballot: ballotOn(work!) } });
const reply: FromNode = (await said.next()).value;
console.log(`${agentId}: ballot ${reply.message} ${reply.notTaken?.error.message ?? ''}`.trimEnd());

const { verdict } = await answer;
console.log(`verdict: ${verdict.body.outcome}, ${verdict.body.tally.ballotCount} ballots in the tally`);
stream.end();
agents.close();
council.close();
