/** What a starting orchestrator finds: decisions left open, and inputs of the window before. */
import { frozenKeyOf } from '../../../contracts/messages/session.ts';
import type { OpenedPayload, SessionTerms } from '../../../contracts/messages/session.ts';
import { digestOf } from '../../../runtime/kernel/crypto/digest.ts';
import { fingerprintOf } from '../../../runtime/kernel/decision-index/fingerprint.ts';
import type { IndexedDecision } from '../../../runtime/kernel/ports/decision/decision-index.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { Outcome } from '../../../contracts/messages/verdict.ts';
import type { SessionJob } from './decision-session.ts';
import type { InScope, OpenDecision, RecoveredState } from './messages.ts';
import type { OrchestratorPorts } from './ports.ts';

type RecoveryPorts = Pick<
  OrchestratorPorts,
  'ledger' | 'index' | 'clock' | 'settings' | 'freezeTerms' | 'flags' | 'privacy' | 'home'
>;

/** What stands in the index or the log, before it is known what can go on. */
interface Found {
  readonly open: readonly OpenDecision[];
  readonly attempts: RecoveredState['attempts'];
}

const OPEN_MAX_COUNT = 100_000;
const PAGE_COUNT = 1_000;

/**
 * Reads what was left by an earlier run: from the index, which is first brought up to the log; when the index
 * does not answer, from the log itself. O(open decisions + inputs of the window), or O(log).
 * @throws storage_failed, unavailable when the log cannot be read either
 */
export async function recover(
  ports: RecoveryPorts,
  syncIndex: () => Promise<boolean>,
): Promise<RecoveredState> {
  const { open, attempts } = await find(ports, syncIndex);
  const { home } = ports;
  // What another node decides is its own: it has been asked for it, or will be once it owns the shard.
  const own = home ? open.filter(({ decisionId }) => home.owns(decisionId)) : open;
  return { open: await withJobs(own, ports), attempts };
}

/**
 * Reads what is open among the decisions of shards that this node has just gained.
 * @param syncIndex Brings log and index up to what the cluster has acknowledged
 * @throws storage_failed, unavailable when the log cannot be read
 */
export async function recoverOpen(
  ports: RecoveryPorts,
  syncIndex: () => Promise<boolean>,
  isIn: InScope,
): Promise<RecoveredState['open']> {
  const { open } = await find(ports, syncIndex);
  return withJobs(
    open.filter(({ decisionId }) => isIn(decisionId)),
    ports,
  );
}

function withJobs(open: readonly OpenDecision[], ports: RecoveryPorts): Promise<RecoveredState['open']> {
  return Promise.all(open.map(async (one) => ({ open: one, job: await jobOf(one, ports) })));
}

async function find(ports: RecoveryPorts, syncIndex: () => Promise<boolean>): Promise<Found> {
  try {
    if (await syncIndex()) return await fromIndex(ports);
  } catch {
    // The index is a convenience: whatever is wrong with it, the log is the truth and has the same answer.
    return fromLog(ports);
  }
  return fromLog(ports);
}

/** A decision that cannot be read or frozen now is left to the sweeper, which tries until the log answers. */
async function jobOf({ decisionId }: OpenDecision, ports: RecoveryPorts): Promise<SessionJob | null> {
  try {
    return await resumeJob(await ports.ledger.byDecision(decisionId), ports);
  } catch {
    return null;
  }
}

async function fromIndex({ index, clock, settings, privacy }: RecoveryPorts): Promise<Found> {
  const open = (await index.open(OPEN_MAX_COUNT)).map(openOf);
  const { windowMs, rememberedMaxCount } = settings().attempts;
  const sinceWallMs = clock.wallMs() - windowMs;
  const attempts: RecoveredState['attempts'][number][] = [];
  let cursor: string | null | undefined;
  do {
    const page = await index.list({ sinceWallMs }, { limit: PAGE_COUNT, cursor: cursor ?? undefined });
    for (const row of page.items) {
      const fingerprint = privacy ? await privacy.unmask(row.fingerprint) : row.fingerprint;
      // Of an erased input nothing is known any more that another could be compared with.
      if (fingerprint !== undefined) attempts.push(attemptOf({ ...row, fingerprint }, clock));
    }
    cursor = page.nextCursor;
  } while (cursor !== null && attempts.length < rememberedMaxCount);
  return { open, attempts: attempts.reverse() };
}

async function fromLog({ ledger, clock, settings }: RecoveryPorts): Promise<Found> {
  const open = new Map<DecisionId, OpenDecision>();
  const attempts = new Map<DecisionId, RecoveredState['attempts'][number]>();
  const sinceWallMs = clock.wallMs() - settings().attempts.windowMs;
  for await (const entry of ledger.read(0)) {
    const { decisionId } = entry;
    if (decisionId === undefined) continue;
    if (entry.kind === 'opened') {
      const { request, deadlineMs, openedAt, input } = entry.payload as OpenedPayload;
      open.set(decisionId, { decisionId, tenant: entry.tenant, deadlineMs });
      if (input === 'erased') continue;
      const row = { tenant: entry.tenant, decisionId, fingerprint: fingerprintOf(request), outcome: null };
      const openedAtWallMs = Date.parse(openedAt);
      if (openedAtWallMs >= sinceWallMs)
        attempts.set(decisionId, attemptOf({ ...row, openedAtWallMs }, clock));
    } else if (entry.kind === 'final') {
      open.delete(decisionId);
      const attempt = attempts.get(decisionId);
      const { outcome } = (entry.payload as { body: { outcome: Outcome } }).body;
      if (attempt) attempts.set(decisionId, { ...attempt, outcome });
    }
  }
  return { open: [...open.values()], attempts: [...attempts.values()] };
}

/**
 * Time that has passed since a decision was opened, ms.
 *
 * Wall clocks of up to three nodes meet here: that of the one that opened it, of the one that wrote it down,
 * and the own. One of the first two that is wrong does no harm; where the own is ahead, the decision is held
 * too early, never too late.
 */
export function elapsedSince(
  { openedWallMs, recordedWallMs }: { readonly openedWallMs: number; readonly recordedWallMs: number },
  nowWallMs: number,
): number {
  return Math.max(0, Math.min(nowWallMs - openedWallMs, nowWallMs - recordedWallMs));
}

/**
 * Job that goes on with an open decision, or null when it must be settled as lost: its time is over, or its
 * terms would be frozen differently now (a model, a weight or a policy has changed).
 */
export async function resumeJob(
  entries: readonly LedgerEntry[],
  ports: RecoveryPorts,
): Promise<SessionJob | null> {
  const opened = entries.find((entry) => entry.kind === 'opened');
  if (!opened || entries.some((entry) => entry.kind === 'final')) return null;
  const payload = opened.payload as OpenedPayload;
  const settings = ports.settings();
  const times = { openedWallMs: Date.parse(payload.openedAt), recordedWallMs: opened.atWallMs };
  const budgetMs = payload.deadlineMs - elapsedSince(times, ports.clock.wallMs());
  if (budgetMs <= settings.deadlines.appendReserveMs) return null;
  // Nothing is left to judge.
  if (payload.input === 'erased') return null;
  const { decisionId, decisionDigest: digest, tenant } = payload.terms;
  const { request, salt } = payload;
  const decision = { decisionId, digest, tenant, request, ...(salt !== undefined && { salt }) };
  const now = underKeysOf(payload.terms, await ports.freezeTerms(decision));
  if (now === undefined || digestOf(now) !== payload.sessionDigest) return null;
  return {
    decision,
    submittedBy: payload.submittedBy,
    budgetMs,
    attempts: {
      count: payload.retryOf === null ? 0 : 1,
      unapprovedCount: payload.retryOf === null ? 0 : 1,
      latest: payload.retryOf,
    },
    settings,
    flags: ports.flags(),
    resumed: payload,
  };
}

/**
 * Terms of this node with the recorded keys in the place of its own: which nodes' keys were frozen beside
 * each other depends on who was there. Undefined when a seat's key of this node is not among them.
 */
function underKeysOf(recorded: SessionTerms, now: SessionTerms): SessionTerms | undefined {
  const roster = now.roster.map((seat) => {
    const known = recorded.roster.find((one) => one.seat === seat.seat);
    if (!known || frozenKeyOf(known, seat.keyId) !== seat.publicKey) return undefined;
    const { otherKeys: _others, ...own } = seat;
    const { keyId, publicKey, otherKeys } = known;
    return { ...own, keyId, publicKey, ...(otherKeys && { otherKeys }) };
  });
  if (roster.includes(undefined)) return undefined;
  const { aggregateKeys: _own, ...rest } = now;
  const { aggregateKeys } = recorded;
  return { ...rest, roster: roster as SessionTerms['roster'], ...(aggregateKeys && { aggregateKeys }) };
}

function openOf({ decisionId, tenant, deadlineMs }: IndexedDecision): OpenDecision {
  return { decisionId, tenant, deadlineMs };
}

function attemptOf(
  row: Pick<IndexedDecision, 'tenant' | 'decisionId' | 'fingerprint' | 'openedAtWallMs' | 'outcome'>,
  clock: OrchestratorPorts['clock'],
): RecoveredState['attempts'][number] {
  const { tenant, decisionId, fingerprint, outcome } = row;
  // Wall time of an earlier run, carried over to this run's monotonic clock; never in its future.
  const ageMs = Math.max(0, clock.wallMs() - row.openedAtWallMs);
  return { tenant, decisionId, fingerprint, atMs: clock.monotonicMs() - ageMs, outcome };
}
