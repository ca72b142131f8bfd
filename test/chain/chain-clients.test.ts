/** Nodes of chains that are slow, endless, rude or dear: what every client of ours makes of them. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { Interface, Transaction } from 'ethers';
import type { InterfaceAbi } from 'ethers';
import { FRESH_JOB, RegisterJob } from '../../agents/platform/proof/chain/content-job.ts';
import { CONTRACTS } from '../../contracts/chain/abi/index.ts';
import { WitanError } from '../../contracts/errors.ts';
import { EthersChain } from '../../runtime/host/chain/anchor/ethers-chain.ts';
import { devSigner } from '../../runtime/host/chain/anchor/anchor-signer.ts';
import { EthersContentChain } from '../../runtime/host/services/proof/ethers-content-chain.ts';
import { assert, suite } from '../harness.ts';

const test = suite('clients of a chain', { limitMs: 30_000 });
const REQUEST_MS = 300;
const MAX_FEE_WEI = 200_000_000_000n;
const ADDRESS = `0x${'11'.repeat(20)}`;
const HASH = `0x${'22'.repeat(32)}`;

/** Answers one call; the id of the chain is always told. */
type Answer = (method: string, response: ServerResponse, id: number) => void;

const servers: Server[] = [];
test.after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const told = (response: ServerResponse, id: number, result: unknown): void =>
  void response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));

async function node(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id: number; method: string };
      if (method === 'eth_chainId') told(response, id, '0x1');
      else answer(method, response, id);
    });
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-key`;
}

function contentChain(url: string): EthersContentChain {
  const contract = { address: ADDRESS };
  const contracts = {
    ContentRegistry: contract,
    VerificationContract: contract,
    ProvenanceContract: contract,
  };
  const place = { url, chainId: 1, contracts };
  return new EthersContentChain({
    place: async () => place,
    signer: devSigner(3),
    requestMs: REQUEST_MS,
    maxFeeWei: MAX_FEE_WEI,
  });
}

/** A question of each client, to be answered or not. */
const QUESTIONS: readonly (readonly [string, (url: string) => Promise<unknown>])[] = [
  ['anchor: heads', (url) => new EthersChain({ url, chainId: 1, requestMs: REQUEST_MS }).heads()],
  ['anchor: broadcast', (url) => new EthersChain({ url, requestMs: REQUEST_MS }).broadcast('0x00')],
  ['content: names', (url) => contentChain(url).names()],
  ['content: nonce', (url) => contentChain(url).nonce()],
];

async function failureOf(work: Promise<unknown>): Promise<WitanError> {
  const error = await work.then(
    () => assert.unreachable('it was answered'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof WitanError, String(error));
  return error;
}

const NODES: readonly (readonly [string, Answer, readonly string[]])[] = [
  [
    'one byte after the other, for ever',
    (_method, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.once('close', () => clearInterval(timer));
    },
    ['deadline_exceeded'],
  ],
  ['nothing at all', () => undefined, ['deadline_exceeded']],
  [
    'a redirection',
    (_method, response) => void response.writeHead(307, { location: '/x' }).end(),
    ['unavailable'],
  ],
  ['429', (_method, response) => void response.writeHead(429, { 'retry-after': '5' }).end(), ['unavailable']],
  ['403', (_method, response) => void response.writeHead(403).end('no'), ['unavailable']],
  ['no JSON', (_method, response) => void response.end('<html>'), ['internal', 'unavailable']],
  [
    'an error of its own, with its address in it',
    (_method, response, id) => {
      const message = `see http://${response.req.headers.host}/secret-key`;
      response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_000, message } }));
    },
    ['internal'],
  ],
];

for (const [what, answer, codes] of NODES) {
  test(`a node that answers ${what}: a typed error in time, without the provider's key`, async () => {
    const url = await node(answer);
    for (const [question, ask] of QUESTIONS) {
      const startedMs = performance.now();
      const error = await failureOf(ask(url));
      assert.ok(performance.now() - startedMs < 10 * REQUEST_MS, question);
      assert.ok(codes.includes(error.code), `${question}: ${error.code}`);
      assert.not.match(inspect(error, { depth: 10 }), /secret-key/, question);
    }
  });
}

/** A node that has code at every address, and names any price. */
async function dearNode(baseFeeWei: bigint, tipWei: bigint): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const hex = (value: bigint): string => `0x${value.toString(16)}`;
  const answers: Readonly<Record<string, unknown>> = {
    eth_getCode: '0x01',
    eth_estimateGas: '0x5208',
    eth_getBlockByNumber: { number: '0x1', timestamp: '0x1', baseFeePerGas: hex(baseFeeWei) },
    eth_maxPriorityFeePerGas: hex(tipWei),
  };
  const url = await node((method, response, id) => {
    asked.push(method);
    told(response, id, answers[method] ?? null);
  });
  return { url, asked };
}

const REGISTRATION = RegisterJob.parse({
  ...FRESH_JOB,
  id: 'one',
  tenant: 'acme',
  contentHash: `sha256:${'ab'.repeat(32)}`,
  kind: 'register',
  modelId: 'writer-1',
  metadata: 'bafy',
  salt: HASH,
  model: null,
  origin: 0,
  parametersHash: `sha256:${'cd'.repeat(32)}`,
  parents: [],
});
const GWEI = 1_000_000_000n;

test('whatever price a node names, no more is offered than the settings say', async () => {
  const { url, asked } = await dearNode(20n * GWEI, 1_000_000n * GWEI);
  const chain = contentChain(url);
  const { raw } = await chain.sign({ step: 'commit', job: REGISTRATION }, { nonce: 0 });
  const { maxFeePerGas, maxPriorityFeePerGas, data } = Transaction.from(raw);
  assert.is(maxFeePerGas, MAX_FEE_WEI);
  assert.ok(maxPriorityFeePerGas! <= MAX_FEE_WEI);
  assert.not.match(data, HASH.slice(2), 'the salt is committed to, not told');
  assert.is(asked.includes('eth_call'), false, 'nor is the node asked to compute the commitment');
  const twice = await failureOf(
    chain.sign({ step: 'commit', job: REGISTRATION }, { nonce: 0, replaces: raw }),
  );
  assert.is(twice.code, 'quota_exceeded');
  chain.close();
});

test('a chain whose base fee is past the limit is waited for', async () => {
  const { url } = await dearNode(201n * GWEI, 1n);
  const chain = contentChain(url);
  const error = await failureOf(chain.sign({ step: 'commit', job: REGISTRATION }, { nonce: 0 }));
  assert.is(error.code, 'quota_exceeded');
  assert.is(error.details.path, 'content.maxFeeGwei');
  chain.close();
});

/** A node that answers every call but those about itself with an error. */
const refusing = (error: { message: string; data?: string }): Promise<string> =>
  node((_method, response, id) => {
    response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_000, ...error } }));
  });

test('why a node does not take a transaction is told apart by its words', async () => {
  const raw = await devSigner().sign({
    chainId: 1,
    nonce: 0,
    to: ADDRESS,
    data: '0x',
    gasLimit: 21_000n,
    maxFeeWei: GWEI,
    tipWei: 1n,
  });
  for (const [message, outcome] of [
    ['already known', 'known'],
    ['nonce too low: next nonce 5, tx nonce 0', 'nonce-used'],
    ['replacement transaction underpriced', 'underpriced'],
    ['insufficient funds for gas * price + value', 'no-funds'],
  ] as const) {
    const chain = new EthersChain({ url: await refusing({ message }), chainId: 1 });
    assert.is(await chain.broadcast(raw.raw), outcome, message);
    await chain.close();
  }
});

test('a call that the contract would revert is a refusal with the name of its error, not a failure', async () => {
  const data = new Interface(CONTRACTS.AuditAnchor.abi as InterfaceAbi).encodeErrorResult(
    'EnforcedPause',
    [],
  );
  const url = await refusing({ message: 'execution reverted', data });
  const chain = new EthersChain({ url, chainId: 1 });
  assert.equal(await chain.estimate({ from: ADDRESS, to: ADDRESS, data: '0x' }), {
    refusal: 'EnforcedPause',
  });
  await chain.close();
});
