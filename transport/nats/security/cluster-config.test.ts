/** The configuration that is made from a plan: its form, what it grants, and what it refuses. */
import { assert, suite } from '../../../test/harness.ts';
import { assertFails } from '../../../test/conformance/fixture.ts';
import { clusterNatsConfig } from './make-cluster-config.ts';
import { CLUSTER_ROLES, nodePermissions } from './node-permissions.ts';
import { isVersionAtLeast, serverWarning } from './server-version.ts';

const test = suite('configuration of NATS servers');
const nodes = [
  { name: 'node-1', roles: ['gateway', 'control'] },
  { name: 'node-2', roles: ['worker'] },
];

test('the same plan and seeds give the same files; a node without a seed gets its own', async () => {
  const first = await clusterNatsConfig({ nodes });
  const seeds = new Map(
    first.files
      .filter(({ isSecret }) => isSecret)
      .map(({ path, text }) => [/nodes\/(.+)\.nk/.exec(path)![1]!, text.trim()]),
  );
  assert.is(seeds.size, 2);
  assert.equal((await clusterNatsConfig({ nodes }, seeds)).files, first.files);
  seeds.delete('node-2');
  const other = await clusterNatsConfig({ nodes }, seeds);
  assert.is(other.nodes[0]!.publicKey, first.nodes[0]!.publicKey);
  assert.is.not(other.nodes[1]!.publicKey, first.nodes[1]!.publicKey);
});

test('no secret stands in a server’s file or in a node’s open one', async () => {
  const { files } = await clusterNatsConfig({ nodes });
  for (const { path, text, isSecret } of files) assert.is(/\bSU[A-Z2-7]{56}\b/.test(text), isSecret, path);
});

test('three servers share routes over TLS, and sync each message from 2.10 on', async () => {
  const servers = [1, 2, 3].map((n) => ({ name: `nats-${n}`, host: `10.0.0.${n}` }));
  const { files } = await clusterNatsConfig({ nodes, servers });
  const text = files.find(({ path }) => path === 'nats-2.conf')!.text;
  assert.match(text, /listen: "10\.0\.0\.2:6222"/);
  assert.match(text, /nats-route:\/\/10\.0\.0\.3:6222/);
  assert.is(text.match(/tls \{/g)!.length, 2);
  assert.match(text, /sync_interval: always/);
  const old = await clusterNatsConfig({ nodes, servers, serverVersion: '2.9.10' });
  assert.not.match(old.files[0]!.text, /sync_interval/);
});

test('no role may publish for tenants but the gateway, and none may delete a stream', () => {
  for (const role of CLUSTER_ROLES) {
    const grants = nodePermissions({ name: 'node-1', roles: [role] }, { cluster: 'c', queues: [] });
    const forTenants = grants.publish.filter((subject) => subject.startsWith('witan.'));
    assert.is(forTenants.length > 0, role === 'gateway', role);
    assert.equal(
      grants.publish.filter((subject) => /STREAM\.(DELETE|RESTORE|SNAPSHOT)|^>|^\*/.test(subject)),
      [],
    );
    const inboxes = grants.subscribe.filter((subject) => /inbox|_INBOX|\.to\./i.test(subject));
    assert.equal(inboxes, ['witanc.c.inbox.node-1.>', 'witanc.c.to.node-1.*']);
    assert.is(grants.mayRespond, role === 'gateway' || role === 'ledger');
  }
});

test('a plan that could break out of the file is refused', async () => {
  const bad = [
    { nodes: [] },
    { nodes: [{ name: 'node-1', roles: ['king'] }] },
    { nodes: [{ name: 'a } }', roles: ['worker'] }] },
    { nodes: [...nodes, nodes[0]] },
    { nodes, tls: { certFile: 'a"\n}' } },
    { nodes, cluster: 'a.b' },
    { nodes, servers: [{ name: 'n', host: 'h" x: "' }] },
    { nodes, more: 1 },
  ];
  for (const plan of bad) await assertFails(() => clusterNatsConfig(plan), 'invalid_argument');
});

test('versions are compared part by part, and old servers are warned of', () => {
  assert.ok(isVersionAtLeast('2.12.7', '2.12.7'));
  assert.ok(isVersionAtLeast('2.14.0-RC.1', '2.12.7'));
  assert.ok(isVersionAtLeast('3.0.0', '2.12.7'));
  assert.not(isVersionAtLeast('2.12.10', '2.13.0'));
  assert.not(isVersionAtLeast('2.9.10', '2.12.7'));
  assert.is(serverWarning('2.12.10'), undefined);
  assert.match(serverWarning('2.9.10')!, /2\.9\.10.*2\.12\.7/);
});
