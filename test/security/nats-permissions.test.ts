/** The shipped configuration of NATS servers on a real one: what each role may do, and what is refused. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { connect, nkeyAuthenticator, nkeys } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  durableQueue,
  logSubject,
  memberKey,
  nodeSubject,
  shardClaim,
  topicSubject,
} from '../../contracts/cluster-names.ts';
import { decisionSubject } from '../../contracts/subjects.ts';
import { connectNats } from '../../transport/nats/connect-nats.ts';
import type { NatsPorts } from '../../transport/nats/connect-nats.ts';
import { clusterFiles, nodeAccess } from '../../transport/nats/security/cluster-config.ts';
import type { NodeAccess } from '../../transport/nats/security/cluster-config.ts';
import { parseClusterPlan } from '../../transport/nats/security/cluster-plan.ts';
import { clusterStreams, nodeInbox } from '../../transport/nats/security/cluster-streams.ts';
import { assertFails, bytes, collect } from '../conformance/fixture.ts';
import { certificateAuthority, signedCertificate } from '../doors/certificates.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';
import type { NatsServer } from '../nats-server.ts';

const test = suite('nats permissions', { limitMs: 60_000 });
const CLUSTER = 'witan';
const RUN = '00000000000000a1';
const ROLES = {
  'control-1': ['control', 'platform'],
  'gateway-1': ['gateway'],
  'worker-1': ['worker'],
  'worker-2': ['worker'],
  'gpu-1': ['gpu'],
  'sandbox-1': ['sandbox'],
  'ledger-1': ['ledger'],
  'anchor-1': ['anchor'],
} as const;
type Node = keyof typeof ROLES;
const NODES = Object.keys(ROLES) as Node[];

if (NATS_MISSING) test.skip('a server with the shipped configuration', NATS_MISSING);
else declare();

/** What one node may do: publish (`>`) or subscribe (`<`). */
interface Grant {
  readonly what: string;
  readonly subject: string;
  readonly by: readonly Node[];
}

const { keyPrefix, bucketStream, journalStream, journalPrefix, bucket } = clusterStreams(CLUSTER);
const decision = decisionSubject('acme', 'd0123456789abcdef0123456789abcdef', 'final');
const key = (of: string): string => `${keyPrefix}${of}`;
const controlAnd = (...others: Node[]): Node[] => ['control-1', ...others];

const GRANTS: readonly Grant[] = [
  { what: '>', subject: decision, by: ['gateway-1'] },
  { what: '<', subject: 'witan.v1.>', by: ['gateway-1'] },
  { what: '<', subject: 'witan.acme.decision.*.*', by: [] },
  { what: '>', subject: 'witan.v1.decision.evaluate', by: [] },
  { what: '>', subject: nodeSubject(CLUSTER, 'worker-2', RUN), by: NODES },
  { what: '<', subject: `witanc.${CLUSTER}.to.worker-1.*`, by: ['worker-1'] },
  { what: '<', subject: `witanc.${CLUSTER}.to.>`, by: [] },
  { what: '<', subject: `${nodeInbox(CLUSTER, 'worker-1')}.>`, by: ['worker-1'] },
  { what: '<', subject: `witanc.${CLUSTER}.inbox.>`, by: [] },
  { what: '<', subject: '_INBOX.>', by: [] },
  { what: '<', subject: '>', by: [] },
  { what: '<', subject: topicSubject(CLUSTER, 'policy'), by: NODES },
  { what: '>', subject: topicSubject(CLUSTER, 'policy'), by: controlAnd('gateway-1') },
  {
    what: '>',
    subject: topicSubject(CLUSTER, 'decision-events'),
    by: controlAnd('worker-1', 'worker-2'),
  },
  { what: '>', subject: topicSubject(CLUSTER, 'load'), by: NODES },
  { what: '>', subject: topicSubject(CLUSTER, 'scale-advice'), by: ['control-1'] },
  { what: '>', subject: logSubject(CLUSTER, 'record', 'ledger-2', 'copy'), by: ['ledger-1'] },
  { what: '>', subject: logSubject(CLUSTER, 'record', 'ledger-2', 'decide'), by: ['control-1'] },
  { what: '>', subject: logSubject(CLUSTER, 'record', 'ledger-2', 'note'), by: NODES },
  { what: '<', subject: logSubject(CLUSTER, 'record', 'ledger-1', '*'), by: ['ledger-1'] },
  { what: '>', subject: key('logs.record'), by: ['ledger-1'] },
  { what: '>', subject: key('seats.worker-1'), by: ['worker-1'] },
  { what: '>', subject: key('identity.key.0123456789abcdef'), by: controlAnd('gateway-1') },
  { what: '>', subject: key('claims.singleton.ledger'), by: controlAnd('ledger-1') },
  { what: '>', subject: key(memberKey('worker-1', RUN)), by: controlAnd('worker-1') },
  { what: '>', subject: key(memberKey('control-1', RUN)), by: ['control-1'] },
  { what: '>', subject: key(`claims.${shardClaim('session', 3)}`), by: controlAnd('worker-1', 'worker-2') },
  {
    what: '>',
    subject: key(`claims.${shardClaim('gpu', 3)}`),
    by: controlAnd('worker-1', 'worker-2', 'gpu-1'),
  },
  { what: '>', subject: key('claims.singleton.scheduler'), by: ['control-1'] },
  { what: '>', subject: key('claims.singleton.anchor'), by: controlAnd('anchor-1') },
  { what: '>', subject: `${journalPrefix}session.d1`, by: controlAnd('worker-1', 'worker-2') },
  { what: '>', subject: `$JS.API.STREAM.PURGE.${journalStream}`, by: controlAnd('worker-1', 'worker-2') },
  { what: '>', subject: `$JS.API.STREAM.INFO.${bucketStream}`, by: NODES },
  { what: '>', subject: `$JS.API.STREAM.UPDATE.${bucketStream}`, by: ['control-1'] },
  { what: '>', subject: `$JS.API.STREAM.PURGE.${bucketStream}`, by: ['control-1'] },
  { what: '>', subject: `$JS.API.STREAM.DELETE.${bucketStream}`, by: [] },
  { what: '>', subject: `$JS.API.STREAM.DELETE.${journalStream}`, by: [] },
  { what: '>', subject: '$JS.API.STREAM.CREATE.OTHER', by: [] },
  { what: '>', subject: '$JS.API.STREAM.CREATE.WORK_gpu', by: controlAnd('gpu-1') },
  { what: '>', subject: 'witan-work.gpu', by: ['control-1'] },
  { what: '>', subject: '$JS.API.CONSUMER.MSG.NEXT.WORK_gpu.workers', by: ['gpu-1'] },
  {
    what: '>',
    subject: 'witan-work.witan_ballot-notices',
    by: controlAnd('worker-1', 'worker-2'),
  },
  {
    what: '>',
    subject: '$JS.API.CONSUMER.MSG.NEXT.WORK_witan_ballot-notices.workers',
    by: ['control-1'],
  },
  { what: '>', subject: 'witan-poison.witan_ballot-notices.x', by: ['control-1'] },
  { what: '>', subject: '$JS.API.STREAM.MSG.DELETE.POISON_witan_ballot-notices', by: ['control-1'] },
  { what: '>', subject: '$JS.API.STREAM.MSG.GET.POISON_witan_ballot-notices', by: ['control-1'] },
  { what: '>', subject: '$JS.API.STREAM.DELETE.POISON_witan_ballot-notices', by: [] },
  { what: '>', subject: '$JS.API.STREAM.PURGE.WORK_witan_ballot-notices', by: [] },
  { what: '>', subject: '$SYS.REQ.SERVER.PING', by: [] },
];

function declare(): void {
  let server: NatsServer;
  let access: NodeAccess[];
  let caFile: string;
  const open: { close(): Promise<void> }[] = [];

  test.before(async () => {
    const nodes = NODES.map((name) => ({ name, roles: [...ROLES[name]] }));
    access = await nodeAccess(parseClusterPlan({ cluster: CLUSTER, nodes }));
    server = await startNats({
      wholeConfig: ({ port, folder }) => {
        const authority = certificateAuthority(folder);
        const { certFile, keyFile } = signedCertificate(folder, 'server', authority);
        caFile = authority.certFile;
        const plan = parseClusterPlan({
          cluster: CLUSTER,
          nodes,
          servers: [{ name: 'nats-1', port, storeDir: join(folder, 'store') }],
          tls: { certFile, keyFile, caFile },
          queues: [{ name: 'gpu', putBy: ['platform'], takenBy: ['gpu'] }],
          serverVersion: '2.9.10',
        });
        const files = clusterFiles(plan, access);
        mkdirSync(join(folder, 'nodes'));
        for (const { path, text } of files) writeFileSync(join(folder, path), text);
        return files[0]!.text;
      },
    });
  });
  test.after(async () => {
    await Promise.all(open.map((one) => one.close()));
    await server?.end();
  });

  const ports = async (node: Node): Promise<NatsPorts> => {
    const made = await connectNats({
      url: server.url.replace('nats:', 'tls:'),
      name: node,
      nkeyFile: join(server.folder, `nodes/${node}.nk`),
      tlsCaFile: caFile,
      inboxPrefix: nodeInbox(CLUSTER, node),
      jetStreamTimeoutMs: 1_000,
    });
    open.push(made);
    return made;
  };

  test('each role may do what its table says, and the server refuses it to all others', async () => {
    const wrong: string[] = [];
    for (const node of NODES) {
      const { seed } = access.find((one) => one.node === node)!;
      const bare = await connectBare(server.port, { node, seed, caFile });
      for (const { what, subject, by } of GRANTS) {
        const isAllowed = await mayDo(bare, what, subject);
        if (isAllowed !== by.includes(node)) wrong.push(`${node} ${what} ${subject}: ${isAllowed}`);
      }
      await bare.connection.close();
    }
    assert.equal(wrong, []);
  });

  test('stores work for those who need them: bucket, watch, journal', async () => {
    const [control, worker] = [await ports('control-1'), await ports('worker-1')];
    const kv = await (await ports('gateway-1')).openKv({ bucket });
    await kv.put(memberKey('gateway-1', RUN), bytes('g'));
    const own = await worker.openKv({ bucket });
    const revision = await own.create(memberKey('worker-1', RUN), bytes('1'));
    await own.update(memberKey('worker-1', RUN), bytes('2'), revision);
    assert.is((await own.keys('members.')).length, 2);
    const abort = new AbortController();
    for await (const { key: of } of own.watch('members.worker', abort.signal)) {
      assert.is(of, memberKey('worker-1', RUN));
      abort.abort();
    }
    await assertFails(() => own.put(memberKey('worker-2', RUN), bytes('gone')), 'unavailable');
    await (await control.openKv({ bucket })).put(memberKey('worker-1', RUN), bytes('gone'));
    const journal = await worker.openJournal({ cluster: CLUSTER, timeoutMs: 1_000 });
    const event = { type: 'noted', schemaVersion: 1, payload: 1 };
    await journal.append('session/d1', [event], { expectedSequence: 0 });
    await journal.saveSnapshot({ key: 'session/d1', sequence: 1, schemaVersion: 1, state: 1 });
    assert.is((await collect(journal.read('session/d1', 0))).length, 1);
    await journal.forget('session/d1');
    const gateway = await ports('gateway-1');
    await assertFails(() => gateway.openJournal({ cluster: CLUSTER }), 'unavailable');
  });

  test('a durable queue of the cluster: workers send, the platform takes and keeps dead letters', async () => {
    const name = durableQueue(CLUSTER, 'ballot-notices');
    const [worker, control] = [await ports('worker-1'), await ports('control-1')];
    const [sending, taking] = [worker.workQueue(), control.workQueue()];
    await sending.declare(name);
    await taking.declare(name);
    for (const id of ['a', 'b']) await sending.put(name, bytes(id), { id });
    await assertFails(() => sending.take(name, { waitMs: 0 }), 'unavailable');
    await assertFails(() => sending.poison(name), 'unavailable');
    for (const _ of ['a', 'b']) await (await taking.take(name, { waitMs: 5_000 }))!.reject('no use');
    assert.is((await taking.poison(name)).length, 2);
    await taking.drop(name, 'b');
    await taking.replay(name, 'a');
    await (await taking.take(name, { waitMs: 5_000 }))!.ack();
    assert.equal([await taking.poison(name), await sending.depth(name)], [[], 0]);
    await assertFails(
      async () => (await ports('gpu-1')).workQueue().put(name, bytes(''), { id: 'c' }),
      'unavailable',
    );
  });

  test('an envelope reaches its node, and nobody else', async () => {
    const [first, second] = [await ports('worker-1'), await ports('worker-2')];
    const got = new Promise<string>((done) => {
      first.link.subscribe(nodeSubject(CLUSTER, 'worker-1', RUN), ({ data }) =>
        done(new TextDecoder().decode(data)),
      );
    });
    await first.link.flush();
    second.link.publish(nodeSubject(CLUSTER, 'worker-1', RUN), bytes('hello'));
    assert.is(await got, 'hello');
  });

  test('a follower of a log answers its writer, and nobody else’s inbox can be written to', async () => {
    const [ledger, control] = [await ports('ledger-1'), await ports('control-1')];
    ledger.link.subscribe(logSubject(CLUSTER, 'record', 'ledger-1', '*'), ({ replyTo }) =>
      ledger.link.publish(replyTo!, bytes('synced')),
    );
    await ledger.link.flush();
    const answer = await ledger.requests.send(
      logSubject(CLUSTER, 'record', 'ledger-1', 'copy'),
      bytes('frames'),
      {
        timeoutMs: 2_000,
      },
    );
    assert.is(new TextDecoder().decode(answer.data), 'synced');
    let heard = 0;
    control.link.subscribe(`${nodeInbox(CLUSTER, 'control-1')}.forged`, () => void (heard += 1));
    await control.link.flush();
    for (const node of ['worker-1', 'ledger-1', 'gateway-1'] as const) {
      const other = await ports(node);
      other.link.publish(`${nodeInbox(CLUSTER, 'control-1')}.forged`, bytes('no'));
      await other.link.flush();
    }
    await control.link.flush();
    assert.is(heard, 0);
  });

  test('an unknown key, another node’s inbox and plain text are refused', async () => {
    const stranger = join(server.folder, 'stranger.nk');
    writeFileSync(stranger, new TextDecoder().decode(nkeys.createUser().getSeed()));
    const url = server.url.replace('nats:', 'tls:');
    const base = { url, name: 'stranger', tlsCaFile: caFile };
    await assertFails(() => connectNats({ ...base, nkeyFile: stranger }), 'unauthenticated');
    await assertFails(() => connectNats(base), 'unauthenticated');
    // A certificate of nobody we know: the client itself ends the connection.
    const nkeyFile = join(server.folder, 'nodes/worker-1.nk');
    await assertFails(() => connectNats({ url, name: 'worker-1', nkeyFile }), 'unavailable');
    assert.not(await answersInPlainText(server.port));
  });
}

interface Bare {
  readonly connection: NatsConnection;
  /** Refusals that the server told, as `operation subject`. */
  readonly refused: Set<string>;
}

/** The client itself, which hears what the server refuses. */
async function connectBare(
  port: number,
  { node, seed, caFile }: { node: string; seed: string; caFile: string },
): Promise<Bare> {
  const connection = await connect({
    servers: `127.0.0.1:${port}`,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
    tls: { caFile },
    inboxPrefix: nodeInbox(CLUSTER, node),
  });
  const refused = new Set<string>();
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type !== 'error') continue;
      const { operation, subject } = status.error as Error & { operation?: string; subject?: string };
      refused.add(`${operation} ${subject}`);
    }
  })();
  return { connection, refused };
}

/** Whether the server lets it be done: a refusal comes before the pong of a later ping. */
async function mayDo({ connection, refused }: Bare, what: string, subject: string): Promise<boolean> {
  if (what === '>') {
    connection.publish(subject);
    await connection.flush();
    // The refusal has come; the iterator gives it on in a turn of its own.
    await new Promise((turn) => setImmediate(turn));
    return !refused.has(`publish ${subject}`);
  }
  let error: Error | null = null;
  const subscription = connection.subscribe(subject, { callback: (fault) => void (error ??= fault) });
  await connection.flush();
  subscription.unsubscribe();
  return error === null && !refused.has(`subscription ${subject}`);
}

/** Whether a server answers a client that goes on without TLS. */
function answersInPlainText(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk: Buffer) => {
      if (heard === '') socket.write('CONNECT {"verbose":false,"tls_required":false}\r\nPING\r\n');
      heard += chunk.toString('latin1');
      if (heard.includes('PONG')) resolve(true);
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}
