/** What a decision pays for its record: its two entries, as a council leaves them, sealed and not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../config/loader.ts';
import type { Decision } from '../../contracts/messages/decision.ts';
import type { FinalPayload } from '../../contracts/messages/final.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { OpenedPayload } from '../../contracts/messages/session.ts';
import { dataFolderAt, makeDataFolder } from '../../runtime/host/record/data-folder.ts';
import { openSubjectKeys, sealedLedger } from '../../runtime/host/record/open-privacy.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import { freezeDeep } from '../../runtime/kernel/frozen.ts';
import { openCrypto } from '../../runtime/store/crypto/open-crypto.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { openSegmentLedger } from '../../runtime/store/segment/segment-ledger.ts';
import { startBenchHost } from '../council/bench-host.ts';
import { percentile } from '../report/figure.ts';

/** What is sealed, and for whom. */
export interface SealingCase {
  readonly sealInput: 'always' | 'never';
  /** Persons that the decisions concern in turn, one each; 0: none is named. */
  readonly personCount: number;
}

/** What the record of a decision took. */
export interface DecisionFigures {
  /** Decisions a second that were recorded, one after the other. */
  readonly rate: number;
  /** Processor time of the process for each of those, all threads, ms. */
  readonly processorMs: number;
  /** Milliseconds for both entries together, at the offered rate. */
  readonly p50: number;
  readonly p99: number;
  /** Bytes of both entries on the record. */
  readonly bytes: number;
}

/** A recorded decision, from which others are made. */
export interface RecordedDecision {
  readonly opened: OpenedPayload;
  readonly final: FinalPayload;
}

/** Lets a whole node decide once, and gives what it recorded. */
export async function recordOneDecision(): Promise<RecordedDecision> {
  await using node = await startBenchHost({ privacy: { sealInput: 'never' } });
  const { decisionId } = (await node.submit()).body;
  const entries = await node.ledger.byDecision(decisionId as DecisionId);
  const payload = (kind: string): unknown => entries.find((entry) => entry.kind === kind)?.payload;
  return { opened: payload('opened') as OpenedPayload, final: payload('final') as FinalPayload };
}

/** Records decisions for `durationMs` as fast as one follows the other, then at `ratePerSecond`. */
export async function measureDecisions(
  recorded: RecordedDecision,
  { sealInput, personCount }: SealingCase,
  { ratePerSecond, durationMs }: { readonly ratePerSecond: number; readonly durationMs: number },
): Promise<DecisionFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'witan-bench-'));
  const { settings } = loadSettings({ env: {}, code: { privacy: { sealInput } } });
  const clock = new SystemClock();
  const folder = dataFolderAt(dataDir);
  await makeDataFolder(folder);
  const keys = new MemoryKeys({ clock });
  const options = { folder: folder.log, logId: 'bench', keys, clock, onThread: true };
  const recordedLog = await openSegmentLedger(options);
  const crypto = openCrypto({ postQuantum: false });
  const subjectKeys = await openSubjectKeys({ settings, folder, clock, crypto });
  const ledger = sealedLedger(recordedLog, subjectKeys, { settings, clock });
  let count = 0;
  const record = async (): Promise<number> => {
    const { decision, final } = decisionOf(recorded, (count += 1), personCount);
    const startMs = performance.now();
    const { tenant, decisionId } = decision;
    const concealed = await ledger.conceal(decision);
    const opened = freezeDeep(openedOf(recorded, concealed));
    await ledger.append({ kind: 'opened', tenant, decisionId, payload: opened });
    await ledger.append({ kind: 'final', tenant, decisionId, payload: final });
    return performance.now() - startMs;
  };
  try {
    // Every person's key is made once.
    for (let turn = 0; turn < Math.max(200, personCount); turn += 1) await record();
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    const before = count;
    while (performance.now() - startMs < durationMs) await record();
    const elapsedMs = performance.now() - startMs;
    const { user, system } = process.cpuUsage(cpu);
    const done = count - before;
    const latenciesMs = await atRate(record, { ratePerSecond, durationMs });
    const last = await recordedLog.byDecision(idOf(count));
    return {
      rate: (done / elapsedMs) * 1_000,
      processorMs: (user + system) / 1_000 / done,
      p50: percentile(latenciesMs, 0.5),
      p99: percentile(latenciesMs, 0.99),
      bytes: last.reduce((sum, entry) => sum + Buffer.byteLength(entry.canonical), 0),
    };
  } finally {
    await ledger.close();
    await subjectKeys.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Starts one each time that one is due, whether or not those before it have ended. */
async function atRate(
  record: () => Promise<number>,
  { ratePerSecond, durationMs }: { readonly ratePerSecond: number; readonly durationMs: number },
): Promise<number[]> {
  const open: Promise<number>[] = [];
  const startMs = performance.now();
  const total = Math.floor((ratePerSecond * durationMs) / 1_000);
  while (open.length < total) {
    const dueCount = Math.floor(((performance.now() - startMs) * ratePerSecond) / 1_000) + 1;
    while (open.length < Math.min(total, dueCount)) open.push(record());
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return Promise.all(open);
}

function decisionOf(
  { opened, final }: RecordedDecision,
  number: number,
  personCount: number,
): { decision: Decision; final: FinalPayload } {
  const decisionId = idOf(number);
  const { tenant, decisionDigest: digest } = opened.terms;
  const subjects = personCount === 0 ? {} : { subjects: [`person ${number % personCount}`] };
  const request = { ...opened.request, ...subjects };
  const decision = freezeDeep({ decisionId, digest, tenant, request }) as unknown as Decision;
  return { decision, final: freezeDeep({ ...final, body: { ...final.body, decisionId } }) };
}

function openedOf(
  { opened }: RecordedDecision,
  { decisionId, digest, request, salt }: Decision,
): OpenedPayload {
  const terms = { ...opened.terms, decisionId, decisionDigest: digest };
  return { ...opened, terms, request, ...(salt !== undefined && { salt }) };
}

function idOf(number: number): DecisionId {
  return `d${number.toString(16).padStart(32, '0')}` as DecisionId;
}
