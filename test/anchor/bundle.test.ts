/** Evidence of one decision, from record to transaction: a witnessed, anchored node, and every part tampered. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundleMismatch } from '../../contracts/bundle/verify-bundle.ts';
import { AnchorReceipt, AnchorStatus } from '../../contracts/messages/anchor.ts';
import { TlogProofView } from '../../contracts/messages/audit/log-report.ts';
import { EvidenceBundle } from '../../contracts/messages/bundle.ts';
import { DecisionProof } from '../../contracts/messages/decision-proof.ts';
import { createHost, verifyEvidenceBundle } from '../../index.ts';
import type { EvidenceTrust, Host } from '../../index.ts';
import { CHAIN_MISSING, temporaryFolder } from '../chain/dev-node.ts';
import { assert, suite } from '../harness.ts';

const test = suite('evidence from record to transaction', { limitMs: 180_000 });

/** What a reader has in hands: the file, and what they know from elsewhere. */
interface Evidence {
  readonly bundle: EvidenceBundle;
  readonly trust: EvidenceTrust & { readonly chains: NonNullable<EvidenceTrust['chains']> };
  /** The same, of the decision after it. */
  readonly other: EvidenceBundle;
}

let evidence: Evidence;
const running: Host[] = [];

async function startNode(folder: string, name: string, settings: object): Promise<Host> {
  const dataDir = join(folder, name);
  mkdirSync(dataDir, { recursive: true });
  const given = { node: { name }, http: { port: 0 }, grpc: { enabled: false }, ...settings };
  const host = await createHost({ dataDir, settings: given });
  await host.start();
  running.push(host);
  return host;
}

async function ask(host: Host, path: string, method = 'GET'): Promise<unknown> {
  const response = await fetch(`${host.address!.url}/api/v1/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(method === 'POST' && { body: '{}' }),
  });
  const body: unknown = await response.json();
  assert.is(response.status, 200, `${path}: ${JSON.stringify(body)}`);
  return body;
}

/** Asks until the dev chain took a root over `size` entries; the limit of the test ends a wait in vain. */
async function anchoredUpTo(host: Host, size: number): Promise<AnchorStatus['chains'][number]> {
  for (;;) {
    const [chain] = AnchorStatus.parse(await ask(host, 'anchor/status')).chains;
    if ((chain?.logs[0]?.anchoredSize ?? 0) >= size) return chain!;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function bundleOf(host: Host, decisionId: string): Promise<EvidenceBundle> {
  const decision = DecisionProof.parse(await ask(host, `decisions/${decisionId}/proof`));
  const { index } = decision.final;
  await ask(host, 'anchor/now', 'POST');
  await anchoredUpTo(host, index + 1);
  const { proof } = TlogProofView.parse(await ask(host, `log/proof/${index}`));
  const anchor = AnchorReceipt.parse(await ask(host, `anchor/receipts/${index}`));
  return EvidenceBundle.parse({ format: 'witan-bundle/1', decision, witnessed: proof, anchors: [anchor] });
}

async function gathered(): Promise<Evidence> {
  const folder = temporaryFolder();
  const linesOf = (name: string): string[] =>
    readFileSync(join(folder, name, 'trust-policy.txt'), 'utf8').split('\n');
  // The log's key is known before its node is watched.
  const unwatched = await startNode(folder, 'author', {});
  running.splice(running.indexOf(unwatched), 1);
  await unwatched.stop();
  const vkey = linesOf('author')
    .find((line) => line.startsWith('log '))!
    .slice(4);
  const watcher = await startNode(folder, 'watcher', { witness: { logs: [vkey] } });
  const line = linesOf('watcher').find((one) => one.startsWith('# witness '))!;
  const policy = `log ${vkey}\n${line.slice(2)} ${watcher.address!.url}/api/v1/witness\nquorum watcher\n`;
  const policyFile = join(folder, 'policy.txt');
  writeFileSync(policyFile, policy);
  const author = await startNode(folder, 'author', {
    chain: { dev: true },
    anchor: { batchMaxAgeMs: 3_600_000 },
    log: { publishEveryMs: 50 },
    witness: { policyFile },
  });
  const bundles: EvidenceBundle[] = [];
  for (const capital of ['Portugal', 'Spain']) {
    const { body } = await author.submit({ type: 'chat', text: `What is the capital of ${capital}?` });
    bundles.push(await bundleOf(author, body.decisionId));
  }
  const [bundle, other] = bundles;
  const { chainId, contract, blockHash } = bundle!.anchors[0]!;
  const trust = { pinned: author.pinnedKey(), policy, chains: [{ chainId, contract, blockHash }] };
  return { bundle: bundle!, other: other!, trust };
}

type Found = Pick<BundleMismatch, 'step' | 'part' | 'field'>;

function foundIn(bundle: unknown, trust: EvidenceTrust = evidence.trust): Found | null {
  const { ok, mismatch, steps } = verifyEvidenceBundle(bundle, trust);
  assert.is(ok, mismatch === null);
  if (mismatch === null) return null;
  const failedAt = steps.findIndex(({ state }) => state === 'failed');
  assert.is(steps[failedAt]!.step, mismatch.step);
  assert.ok(steps.slice(failedAt + 1).every(({ state }) => state === 'unreached'));
  return { step: mismatch.step, part: mismatch.part, field: mismatch.field };
}

/** Another digit in the middle of a hexadecimal text. */
function otherDigit(text: string): string {
  const at = text.length >> 1;
  return text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);
}

/** A note with another letter in the signature that `where` finds. */
function otherSignature(note: string, where = /(— \S+ .{30})(.)/): string {
  return note.replace(where, (_all, head: string, letter: string) => head + (letter === 'A' ? 'B' : 'A'));
}

interface Tampering {
  readonly what: string;
  readonly change: (copy: EvidenceBundle, other: EvidenceBundle) => void;
  readonly found: Omit<Found, 'part'> & { readonly part: RegExp };
}

const FINAL = /^final #\d+$/;
const ANCHOR = /^anchor 0$/;
const receipt = (what: string, field: string, change: (anchor: AnchorReceipt) => void): Tampering => ({
  what,
  change: ({ anchors }) => change(anchors[0]!),
  found: { step: 'transaction', part: ANCHOR, field },
});

const TAMPERINGS: readonly Tampering[] = [
  {
    what: 'the request as it is disclosed',
    change: ({ decision }) => void (decision.disclosure!.request.type = 'other'),
    found: { step: 'record', part: FINAL, field: 'opened.terms.decisionDigest' },
  },
  {
    what: 'the record',
    change: ({ decision: { final } }) =>
      void (final.canonical = final.canonical.replace(/"outcome":"\w+"/, '"outcome":"denied"')),
    found: { step: 'leaf', part: FINAL, field: 'leafHash' },
  },
  {
    what: 'the leaf',
    change: ({ decision: { final } }) => void (final.leafHash = otherDigit(final.leafHash)),
    found: { step: 'leaf', part: FINAL, field: 'leafHash' },
  },
  {
    what: 'the hash chain',
    change: ({ decision: { opened } }) => void (opened.chainHash = otherDigit(opened.chainHash)),
    found: { step: 'leaf', part: /^opened #\d+$/, field: 'chainHash' },
  },
  {
    what: 'the path',
    change: ({ decision: { final } }) => void (final.inclusion[0] = otherDigit(final.inclusion[0]!)),
    found: { step: 'leaf', part: FINAL, field: 'inclusion' },
  },
  {
    what: 'the size of the checkpoint',
    change: ({ decision: { final } }) => void (final.checkpoint.size += 1),
    found: { step: 'checkpoint', part: FINAL, field: 'checkpoint.size' },
  },
  {
    what: 'the signature of the checkpoint',
    change: ({ decision: { final } }) => {
      final.checkpoint.note = otherSignature(final.checkpoint.note);
    },
    found: { step: 'checkpoint', part: FINAL, field: 'checkpoint.note' },
  },
  {
    what: 'the end of another decision',
    change: ({ decision }, other) => void (decision.final = other.decision.final),
    found: { step: 'record', part: FINAL, field: 'decisionId' },
  },
  {
    what: 'the word of the witness, gone',
    change: (copy) => void (copy.witnessed = copy.witnessed!.replace(/— \S*watcher\S* .*\n/, '')),
    found: { step: 'witnesses', part: /^witnessed$/, field: 'checkpoint.note' },
  },
  {
    what: 'the word of the witness, altered',
    change: (copy) => void (copy.witnessed = otherSignature(copy.witnessed!, /(— \S*watcher\S* .{30})(.)/)),
    found: { step: 'witnesses', part: /^witnessed$/, field: 'checkpoint.note' },
  },
  {
    what: 'the witnessed proof of another record',
    change: (copy, other) => void (copy.witnessed = other.witnessed),
    found: { step: 'witnesses', part: /^witnessed$/, field: 'inclusion' },
  },
  receipt('the receipt', 'receiptProof.0', (anchor) => {
    anchor.receiptProof[0] = otherDigit(anchor.receiptProof[0]!);
  }),
  receipt('the event', 'logIndex', (anchor) => void (anchor.logIndex += 1)),
  receipt('the root in the receipt', 'root', (anchor) => void (anchor.root = otherDigit(anchor.root))),
  receipt('the root before', 'prevRoot', (anchor) => void (anchor.prevRoot = otherDigit(anchor.prevRoot))),
  receipt('the size', 'size', (anchor) => void (anchor.size += 1)),
  receipt('the transaction', 'txHash', (anchor) => void (anchor.rawTx = otherDigit(anchor.rawTx))),
  receipt('the block', 'blockHash', (anchor) => void (anchor.blockHeader = otherDigit(anchor.blockHeader))),
  receipt('the number of the block', 'blockNumber', (anchor) => void (anchor.blockNumber += 1)),
  receipt('the hash of the block', 'blockHash', (anchor) => {
    anchor.blockHash = otherDigit(anchor.blockHash);
  }),
  receipt('the contract', 'rawTx', (anchor) => void (anchor.contract = otherDigit(anchor.contract))),
  receipt('the chain', 'rawTx', (anchor) => void (anchor.chainId = 1)),
  receipt('the origin', 'origin', (anchor) => void (anchor.origin = 'witan/other')),
  receipt('the anchored head', 'checkpointNote', (anchor) => {
    anchor.checkpointNote = otherSignature(anchor.checkpointNote);
  }),
  receipt('the path under the anchored head', 'inclusion', (anchor) => {
    anchor.inclusion!.path[0] = otherDigit(anchor.inclusion!.path[0]!);
  }),
  {
    what: 'the anchor of another record',
    change: (copy, other) => void (copy.anchors = other.anchors),
    found: { step: 'transaction', part: ANCHOR, field: 'blockHash' },
  },
];

if (CHAIN_MISSING) test.skip('with a dev chain', CHAIN_MISSING);
else {
  test.before(async () => {
    evidence = await gathered();
  });
  test.after(async () => {
    for (const host of running) await host.stop({ graceMs: 0 });
  });

  test('it verifies from record to transaction, and says what was left to the reader', () => {
    const { bundle, trust } = evidence;
    const states = (given: EvidenceTrust): string[] =>
      verifyEvidenceBundle(bundle, given).steps.map(({ state }) => state);
    assert.equal(states(trust), Array(5).fill('verified'));
    assert.match(verifyEvidenceBundle(bundle, trust).steps[3]!.detail, /watcher/);
    const { pinned, policy, chains } = trust;
    const unknownBlock = chains.map(({ chainId, contract }) => ({ chainId, contract }));
    assert.is(states({ pinned, policy, chains: unknownBlock })[4], 'unpinned');
    assert.equal(states({ pinned }).slice(3), ['unpinned', 'unpinned']);
  });

  for (const { what, change, found } of TAMPERINGS) {
    test(`${what}: named as the first wrong thing`, () => {
      const copy = structuredClone(evidence.bundle);
      change(copy, evidence.other);
      const { step, part, field } = foundIn(copy) ?? assert.unreachable('nothing was noticed')!;
      assert.equal({ step, field }, { step: found.step, field: found.field });
      assert.match(part, found.part);
    });
  }

  test('whoever pins a chain, a block or a quorum needs evidence of it', () => {
    const { bundle, trust } = evidence;
    const [pin] = trust.chains;
    const none = { ...bundle, anchors: [] };
    const missing = { step: 'transaction', part: 'anchors', field: 'contract' };
    assert.equal(foundIn(none), missing);
    const elsewhere = [
      { ...pin!, contract: otherDigit(pin!.contract) },
      { ...pin!, chainId: 1 },
    ];
    for (const chain of elsewhere) assert.equal(foundIn(bundle, { ...trust, chains: [chain] }), missing);
    const anotherBlock = [{ ...pin!, blockHash: otherDigit(pin!.blockHash!) }];
    const block = { step: 'transaction', part: 'anchor 0', field: 'blockHash' };
    assert.equal(foundIn(bundle, { ...trust, chains: anotherBlock }), block);
    const unwitnessed = { ...bundle, witnessed: null };
    assert.is(foundIn(unwitnessed)?.step, 'witnesses');
    const anotherKey = { ...trust.pinned, publicKeys: [otherDigit(trust.pinned.publicKeys[0]!)] };
    assert.is(foundIn(bundle, { ...trust, pinned: anotherKey })?.step, 'checkpoint');
    // Without pins, what is not there is told and fails nothing.
    const { pinned } = trust;
    const { steps } = verifyEvidenceBundle({ ...none, witnessed: null }, { pinned });
    assert.equal(
      steps.slice(3).map(({ state }) => state),
      ['absent', 'absent'],
    );
  });

  test('no value of the file can be changed without being noticed, but those that nobody signs', () => {
    const unnoticed = [...leavesOf(evidence.bundle)]
      .filter((path) => foundIn(changedAt(evidence.bundle, path)) === null)
      .map((path) => path.join('.').replace(/\d+/g, 'N'));
    // Whether a key is retired, and how settled the block was when the receipt was made: the giver's word.
    const unsigned = ['decision.opened.keys.N.state', 'decision.final.keys.N.state', 'anchors.N.finality'];
    assert.equal([...new Set(unnoticed)], unsigned);
    const revoked = structuredClone(evidence.bundle);
    const own = evidence.trust.pinned.publicKeys[0];
    for (const key of revoked.decision.final.keys) if (key.publicKey === own) key.state = 'revoked';
    assert.is(foundIn(revoked)?.step, 'checkpoint');
  });
}

type LeafPath = readonly (string | number)[];

/** Ways to each text, number and absence in a value. */
function* leavesOf(value: unknown, path: LeafPath = []): Generator<LeafPath> {
  if (value === null || typeof value !== 'object') return void (yield path);
  for (const [key, inner] of Object.entries(value)) yield* leavesOf(inner, [...path, key]);
}

/** A copy in which the leaf is another one of its kind. */
function changedAt(bundle: EvidenceBundle, path: LeafPath): unknown {
  const copy = structuredClone(bundle) as unknown;
  let place = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
  const key = path.at(-1)!;
  const old = place[key];
  if (typeof old === 'number') place[key] = old + 1;
  else if (typeof old === 'boolean') place[key] = !old;
  else if (typeof old !== 'string') place[key] = 'x';
  else if (key === 'state') place[key] = old === 'active' ? 'retired' : 'active';
  else if (key === 'finality') place[key] = old === 'final' ? 'included' : 'final';
  else place[key] = /^[0-9a-fx:]{32,}$/.test(old) ? otherDigit(old) : `${old}x`;
  return copy;
}
