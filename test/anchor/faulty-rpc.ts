/** A JSON-RPC door in front of a chain that hangs, fails and lies on demand. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

/** What happens to one call: nothing, no answer at all, status 500, or another result than the chain's. */
export type RpcFault = undefined | 'hang' | 'fail' | { readonly result: (honest: unknown) => unknown };

/** See the head of the file. */
export interface FaultyRpc {
  readonly url: string;
  /** Asked before each call. */
  fault: (method: string, params: readonly unknown[]) => RpcFault;
  close(): void;
}

/** Opens it on loopback. */
export async function faultyRpc(target: string): Promise<FaultyRpc> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { method, params } = JSON.parse(body) as { method: string; params: unknown[] };
      const fault = rpc.fault(method, params);
      if (fault === 'hang') return;
      if (fault === 'fail') return void response.writeHead(500).end('out of order');
      void fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
        .then((answer) => answer.json() as Promise<{ result?: unknown }>)
        .then((answer) => {
          const told =
            fault && 'result' in answer ? { ...answer, result: fault.result(answer.result) } : answer;
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(told));
        })
        .catch(() => response.writeHead(502).end());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const rpc: FaultyRpc = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/provider-key`,
    fault: () => undefined,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return rpc;
}
