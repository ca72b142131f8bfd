/** Answered requests on their way to the record: all as numbers a window, some one by one (AUD-13). */
import type { LedgerEntryInput } from '../../../../runtime/kernel/ports/ledger.ts';

/** One request that was answered. */
export interface AnsweredRequest {
  readonly door: string;
  readonly operation: string;
  /** Status of the answer, or `ended` where the door has none. */
  readonly outcome: string;
  /** Undefined: nobody was let in; the gate has told of it. */
  readonly principal: { readonly id: string; readonly tenant: string } | undefined;
  readonly elapsedMs?: number | undefined;
  readonly requestId?: string | undefined;
}

/** What decides which requests get entries of their own. */
export interface RequestSampling {
  readonly sampleBp: number;
  readonly maxPerSecond: number;
  /** In [0, 1). */
  readonly chance: () => number;
}

/** Reads that say nothing about anybody: probes ask for them every second. */
const UNRECORDED: ReadonlySet<string> = new Set(['health.read', 'document.read', 'metrics.read']);
/** Kinds of requests that are told apart in one window; the rest share one line. */
const KIND_MAX_COUNT = 1_000;
/** Kinds in one entry. */
const ENTRY_KIND_COUNT = 200;

interface Kind {
  readonly operation: string;
  readonly door: string;
  readonly outcome: string;
  count: number;
}

/** Counts requests by tenant, door, operation and outcome; pure but for its state. */
export class RequestBook {
  readonly #sampling: RequestSampling;
  readonly #tenants = new Map<string, Map<string, Kind>>();
  #kindCount = 0;
  #sinceWallMs: number | undefined;
  #second = -1;
  #sampledCount = 0;

  constructor(sampling: RequestSampling) {
    this.#sampling = sampling;
  }

  /** Counts a request; gives an event where this one gets its own. */
  note(request: AnsweredRequest, nowWallMs: number): LedgerEntryInput | undefined {
    const { principal, operation } = request;
    if (!principal || UNRECORDED.has(operation)) return undefined;
    this.#sinceWallMs ??= nowWallMs;
    this.#count(request, principal.tenant);
    return this.#isSampled(nowWallMs) ? sampleOf(request, principal) : undefined;
  }

  /** Ends the window: one or more events a tenant whose numbers add up to every request in it. */
  closeWindow(nowWallMs: number): LedgerEntryInput[] {
    const since = this.#sinceWallMs;
    if (since === undefined) return [];
    const [from, to] = [since, nowWallMs].map((ms) => new Date(ms).toISOString());
    const entries = [...this.#tenants].flatMap(([tenant, kinds]) =>
      parts([...kinds.values()]).map((requests): LedgerEntryInput => {
        const payload = { event: 'request-summary', requests, from, to, audit: { category: 'request' } };
        return { kind: 'event', tenant, payload };
      }),
    );
    this.#tenants.clear();
    this.#kindCount = 0;
    this.#sinceWallMs = undefined;
    return entries;
  }

  #count({ operation, door, outcome }: AnsweredRequest, tenant: string): void {
    let kinds = this.#tenants.get(tenant);
    if (!kinds) this.#tenants.set(tenant, (kinds = new Map()));
    let key = `${operation} ${door} ${outcome}`;
    let kind = kinds.get(key);
    if (!kind && this.#kindCount >= KIND_MAX_COUNT) kind = kinds.get((key = 'others'));
    if (!kind) {
      const isOther = key === 'others';
      kind = isOther
        ? { operation: 'others', door: 'any', outcome: 'any', count: 0 }
        : { operation, door, outcome, count: 0 };
      kinds.set(key, kind);
      this.#kindCount += 1;
    }
    kind.count += 1;
  }

  #isSampled(nowWallMs: number): boolean {
    const { sampleBp, maxPerSecond, chance } = this.#sampling;
    if (sampleBp === 0 || chance() * 10_000 >= sampleBp) return false;
    const second = Math.floor(nowWallMs / 1_000);
    if (second !== this.#second) this.#sampledCount = 0;
    this.#second = second;
    this.#sampledCount += 1;
    return this.#sampledCount <= maxPerSecond;
  }
}

function sampleOf(
  { door, operation, outcome, elapsedMs, requestId }: AnsweredRequest,
  { id, tenant }: NonNullable<AnsweredRequest['principal']>,
): LedgerEntryInput {
  const payload = {
    event: 'request-answered',
    by: id,
    operation,
    door,
    outcome,
    elapsedMs: elapsedMs === undefined ? null : Math.round(elapsedMs * 100) / 100,
    requestId: requestId ?? null,
    audit: { category: 'request' },
  };
  return { kind: 'event', tenant, payload };
}

function parts(kinds: readonly Kind[]): Kind[][] {
  const count = Math.ceil(kinds.length / ENTRY_KIND_COUNT);
  return Array.from({ length: count }, (_, at) =>
    kinds.slice(at * ENTRY_KIND_COUNT, (at + 1) * ENTRY_KIND_COUNT),
  );
}
