/** Requests of the clients over HTTP, each written into the history with what came of it. */
import type { Verdict } from '../../../contracts/messages/verdict.ts';
import type { Answer, Call, ReadHead, ToldVerdict } from './history.ts';
import type { NodeProcess } from './node-process.ts';
import type { KeyedRequest } from './requests.ts';
import { parseOpenCheckpoint } from '../../../contracts/ledger/tlog/open-checkpoint.ts';

/** How one submission is made. */
export interface SubmitTerms {
  /** Time after which the client does not wait any longer, ms. */
  readonly waitMs: number;
  /** Only asks that it is accepted. */
  readonly isAsync?: boolean;
}

/** An answer of a node that needs nobody else: its health, and the newest head of its own copy. */
export interface LocalCall {
  readonly node: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly ok: boolean;
}

/** Everything that clients saw. */
export class Caller {
  readonly calls: Call[] = [];
  readonly heads: ReadHead[] = [];
  readonly locals: LocalCall[] = [];

  /** Submits once; never rejects. */
  async submit(node: NodeProcess, { key, request }: KeyedRequest, terms: SubmitTerms): Promise<Answer> {
    const headers: Record<string, string> = { 'content-type': 'application/json', 'idempotency-key': key };
    if (terms.isAsync) headers['prefer'] = 'respond-async';
    const body = JSON.stringify(request);
    const init = { method: 'POST', headers, body, signal: AbortSignal.timeout(terms.waitMs) };
    return this.#noted({ what: 'submit', key, node: node.name }, () =>
      ask(`${node.url}/api/v1/decisions/evaluate`, init, (value) => {
        const { decisionId } = value as { decisionId?: string };
        return decisionId === undefined ? told(value as Verdict) : { type: 'open', decisionId };
      }),
    );
  }

  /** Reads a decision once; never rejects. */
  async read(node: NodeProcess, key: string, decisionId: string): Promise<Answer> {
    const init = { signal: AbortSignal.timeout(2_000) };
    return this.#noted({ what: 'read', key, node: node.name }, () =>
      ask(`${node.url}/api/v1/decisions/${decisionId}`, init, (value) => {
        const { verdict } = value as { verdict: Verdict | null };
        return verdict ? told(verdict) : { type: 'open', decisionId };
      }),
    );
  }

  /** Asks for what a node knows alone: its health and the head of its copy. */
  async local(node: NodeProcess): Promise<void> {
    const startMs = performance.now();
    const signal = AbortSignal.timeout(1_000);
    let ok = false;
    try {
      const health = await fetch(`${node.url}/health`, { signal });
      await health.arrayBuffer();
      const head = await fetch(`${node.url}/api/v1/log/checkpoint`, { signal });
      const text = await head.text();
      // A copy that has no head yet says so: that is an answer too.
      ok = health.status === 200 && (head.ok || head.status === 404);
      if (head.ok) {
        const { size, root } = parseOpenCheckpoint(text);
        this.heads.push({ node: node.name, atMs: startMs, size, root });
      }
    } catch {
      ok = false;
    }
    this.locals.push({ node: node.name, startMs, endMs: performance.now(), ok });
  }

  async #noted(of: Pick<Call, 'what' | 'key' | 'node'>, call: () => Promise<Answer>): Promise<Answer> {
    const startMs = performance.now();
    const answer = await call().catch((error: unknown) => ({ type: 'none' as const, why: nameOf(error) }));
    this.calls.push({ ...of, startMs, endMs: performance.now(), answer });
    return answer;
  }
}

async function ask(url: string, init: RequestInit, read: (value: unknown) => Answer): Promise<Answer> {
  const response = await fetch(url, init);
  const value = (await response.json()) as { error?: { code?: string; message?: string } };
  if (response.ok) return read(value);
  const { code = 'unknown', message = '' } = value.error ?? {};
  return { type: 'refused', status: response.status, code, message };
}

function told({ body, record, signature }: Verdict): Answer {
  const { decisionId, outcome, heldReason } = body;
  const { index, leafHash } = record;
  const verdict: ToldVerdict = { decisionId, outcome, heldReason, index, leafHash, signature };
  return { type: 'verdict', verdict };
}

function nameOf(error: unknown): string {
  const { name, cause } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? name;
}
