/** Every operation at every door: nobody, too little, and just enough. */
import { OPERATIONS } from '../../contracts/operations.ts';
import type { OperationName } from '../../contracts/operations.ts';
import { GRPC_SERVICES } from '../../transport/grpc/server.ts';
import { documentRoutes } from '../../transport/http/documents.ts';
import { HTTP_ROUTES } from '../../transport/http/routes/all.ts';
import { ENGINE_ROUTES } from '../../transport/http/routes/engines.ts';
import { NATS_ENDPOINTS } from '../../transport/nats/door/endpoints/all-endpoints.ts';
import { NATS_MISSING } from '../nats-server.ts';
import { assert, suite } from '../harness.ts';
import { AttackedNode } from './doors/attacked-node.ts';
import { Callers } from './doors/callers.ts';
import type { Answer, Shown } from './doors/callers.ts';

const test = suite('doors: who may do what', { limitMs: 60_000 });

type Door = 'http' | 'live' | 'grpc' | 'nats';

/** Where each operation is offered. A new operation has no line here, and the first test fails. */
const DOORS: Readonly<Record<OperationName, readonly Door[]>> = {
  'decision.evaluate': ['http', 'grpc', 'nats'],
  'decision.evaluate-stream': ['grpc'],
  'decision.read': ['http', 'grpc', 'nats'],
  'decision.list': ['http', 'grpc', 'nats'],
  'decision.follow': ['http', 'grpc', 'nats'],
  'decision.follow-all': ['http', 'live', 'nats'],
  'decision.proof': ['http', 'grpc', 'nats'],
  'decision.verify': ['http', 'grpc', 'nats'],
  'agent.list': ['http', 'grpc', 'nats'],
  'agent.activity': ['http', 'grpc', 'nats'],
  'agent.serve': ['grpc', 'nats'],
  'review.queue': ['http', 'grpc', 'nats'],
  'review.resolve': ['http', 'grpc', 'nats'],
  'policy.evaluate': ['http'],
  'evolution.request': ['http'],
  'audit.append': ['http'],
  'audit.read': ['http'],
  'audit.search': ['http'],
  'audit.proof': ['http'],
  'audit.follow': ['http'],
  'responsibility.read': ['http'],
  'lineage.read': ['http'],
  'investigation.create': ['http'],
  'investigation.read': ['http'],
  'investigation.change': ['http'],
  'investigation.export': ['http'],
  'erasure.request': ['http'],
  'erasure.read': ['http'],
  'privacy.export': ['http'],
  'hold.place': ['http'],
  'hold.release': ['http'],
  'hold.list': ['http'],
  'actor.tree': ['http', 'grpc', 'nats'],
  'actor.read': ['http', 'grpc', 'nats'],
  'actor.watch': ['http', 'grpc', 'nats'],
  'actor.command': ['http', 'grpc', 'nats'],
  'dead-letter.list': ['http', 'grpc', 'nats'],
  'metrics.read': ['http', 'nats'],
  'key.list': ['http', 'nats'],
  'key.create': ['http', 'nats'],
  'key.rotate': ['http', 'nats'],
  'key.bootstrap': ['http'],
  'key.revoke': ['http', 'nats'],
  'session.read': ['http'],
  'session.begin': ['http'],
  'session.factor': ['http'],
  'session.end': ['http'],
  'user.list': ['http'],
  'user.create': ['http'],
  'user.disable': ['http'],
  'user.set-up': ['http'],
  'user.reset-factor': ['http'],
  'log.checkpoint': ['http'],
  'log.tile': ['http'],
  'log.proof': ['http'],
  'log.report': ['http'],
  'archive.status': ['http'],
  'archive.run': ['http'],
  'cluster.read': ['http'],
  'cluster.drain': ['http'],
  'cluster.dead-letters': ['http'],
  'cluster.dead-letter': ['http'],
  'cluster.replay': ['http'],
  'cluster.drop': ['http'],
  'anchor.status': ['http'],
  'anchor.now': ['http'],
  'anchor.receipt': ['http'],
  'audit.verify-chain': ['http'],
  'witness.add-checkpoint': ['http'],
  'witness.checkpoint': ['http'],
  'model.status': ['http'],
  'model.list': ['http'],
  'model.read': ['http'],
  'model.change': ['http'],
  'content.register': ['http'],
  'content.verify': ['http'],
  'content.watermark': ['http'],
  'content.provenance': ['http'],
  'content.archive': ['http'],
  'content.certificates': ['http'],
  'content.certify': ['http'],
  'content.revoke': ['http'],
  'document.read': ['http', 'nats'],
  'health.read': ['http', 'nats'],
};

interface Entry {
  readonly door: Door;
  readonly name: string;
  readonly operation: OperationName;
  call(callers: Callers, shown: Shown): Promise<Answer>;
}

const ID = `d${'0'.repeat(32)}`;
const PARAMS: Readonly<Record<string, string>> = {
  ':decisionId': ID,
  ':agentId': 'privacy',
  ':logId': '00000000-0000-8000-8000-000000000000',
  ':id': '0'.repeat(16),
  ':of': ID,
  ':originHash': '0'.repeat(64),
  '*': 'nowhere/stop',
};

const offered = [...HTTP_ROUTES, ...Object.values(ENGINE_ROUTES).flat()];
const routes = [...offered, ...documentRoutes(offered, { version: '0.0.0' } as never)];
const EVERY_ENTRY: readonly Entry[] = [
  ...routes.map(({ method, url, operation, body }): Entry => {
    const path = url.replaceAll(/:\w+|\*/g, (name) => encodeURI(PARAMS[name] ?? 'x'));
    const given = body ? { body: '{}' } : {};
    return {
      door: 'http',
      name: `${method} ${url}`,
      operation,
      call: (callers, shown) => callers.http(method, path, { ...given, ...shown }),
    };
  }),
  {
    door: 'live',
    name: '/api/v1/live',
    operation: 'decision.follow-all',
    call: (callers, shown) => callers.live(shown),
  },
  ...GRPC_SERVICES.flatMap(({ methods }) =>
    methods.map(({ desc, operation }): Entry => ({
      door: 'grpc',
      name: desc.name,
      operation,
      call: (callers, shown) => callers.grpc(desc, {}, shown),
    })),
  ),
  ...NATS_ENDPOINTS.map(({ operation }): Entry => ({
    door: 'nats',
    name: operation,
    operation,
    call: (callers, shown) => callers.natsCall(operation, {}, shown),
  })),
];
const ENTRIES = EVERY_ENTRY.filter(({ door }) => door !== 'nats' || !NATS_MISSING);

let node: AttackedNode;
let callers: Callers;
test.before(async () => {
  node = await AttackedNode.start();
  callers = await Callers.connect(node);
});
test.after(async () => {
  callers.close();
  await node.end();
});

test('every operation is named here with the doors that offer it', () => {
  assert.equal(Object.keys(DOORS).sort(), Object.keys(OPERATIONS).sort());
  for (const [operation, doors] of Object.entries(DOORS)) {
    const offered = new Set(ENTRIES.filter((entry) => entry.operation === operation).map(({ door }) => door));
    const wanted = NATS_MISSING ? doors.filter((door) => door !== 'nats') : doors;
    assert.equal([...offered].sort(), [...wanted].sort(), operation);
  }
});

/** Codes with which a call that was let in may still end, without a person, a decision or a body. */
const LET_IN = ['ok', 'open', 'invalid_argument', 'not_found', 'not_supported', 'conflict'];

for (const door of ['http', 'live', 'grpc', 'nats'] as const) {
  const entries = ENTRIES.filter((entry) => entry.door === door);
  if (entries.length === 0) {
    test.skip(`${door}: nobody, too little and just enough`, NATS_MISSING ?? 'no entries');
    continue;
  }
  test(`${door}: nobody, too little and just enough`, async () => {
    for (const entry of entries) {
      const { name } = entry;
      const { scope } = OPERATIONS[entry.operation];
      const ask = async (shown: Shown): Promise<string> => {
        const { code, text } = await entry.call(callers, shown);
        node.assertSaysNothing(text);
        return code;
      };
      if (scope === null) {
        // These check the token, the password or the session that they take themselves; the log may be
        // public.
        const checking = ['key.bootstrap', 'session.factor', 'log.checkpoint', 'log.tile'];
        const own = checking.includes(entry.operation) ? ['unauthenticated'] : [];
        const code = await ask({});
        assert.ok([...LET_IN, ...own].includes(code), `${name}: ${code}`);
        continue;
      }
      assert.is(await ask({}), 'unauthenticated', `${name}, nobody`);
      assert.is(
        await ask({ apiKey: node.key('red', `not:${scope}`) }),
        'permission_denied',
        `${name}, too little`,
      );
      const code = await ask({ apiKey: node.key('red', scope) });
      assert.ok(LET_IN.includes(code), `${name}, just enough: ${code}`);
    }
    await node.assertHealthy();
  });
}
