/**
 * Checks a decision from its record to a chain's transaction, from one file and what the reader pinned.
 *
 * Five steps, each on the one before: the records hold in themselves (ballots, verdict), they are leaves of
 * the log, the log's head is signed by a pinned key, witnesses saw that head, a chain's transaction names it.
 * The first thing that does not hold is named, and nothing after it is looked at.
 */
import type { AnchorCrypto, AnchorPins } from '../chain/verify-anchor.ts';
import type { DecisionVerification, DecisionVerifier } from '../ledger/verify-decision.ts';
import { verifyDecision } from '../ledger/verify-decision.ts';
import { EvidenceBundle } from '../messages/bundle.ts';
import type { VerdictBody } from '../messages/verdict.ts';
import type { TrustPolicy } from '../ledger/tlog/trust-policy.ts';
import { checkTransactions } from './check-transactions.ts';
import { checkWitnesses } from './check-witnesses.ts';

/** Steps of a check, in their order. */
export const BUNDLE_STEPS = ['record', 'leaf', 'checkpoint', 'witnesses', 'transaction'] as const;
/** See {@link BUNDLE_STEPS}. */
export type BundleStepName = (typeof BUNDLE_STEPS)[number];

/**
 * How a step ended. `absent`: the bundle has nothing of it, and the reader asked for nothing. `unpinned`: it
 * holds in itself, but what it rests on is still to be compared by the reader. `unreached`: an earlier one
 * failed.
 */
export type BundleStepState = 'verified' | 'unpinned' | 'absent' | 'failed' | 'unreached';

/** One step. */
export interface BundleStep {
  readonly step: BundleStepName;
  readonly state: BundleStepState;
  /** What was found, for a person. */
  readonly detail: string;
}

/** The first thing that does not hold. */
export interface BundleMismatch {
  readonly step: BundleStepName;
  /** Record, proof or receipt: `final #9`, `witnessed`, `anchor 0`. */
  readonly part: string;
  readonly field: string;
  readonly expected: string;
  readonly actual: string;
}

/** What the reader knows from elsewhere. */
export interface BundleTrust extends Omit<DecisionVerifier, 'crypto'> {
  /** Logs and witnesses; where it is given, the bundle must satisfy its quorum. */
  readonly policy?: TrustPolicy | undefined;
  /** Contracts of chains; where there are any, the bundle must have an anchor in one of them. */
  readonly chains?: readonly Omit<AnchorPins, 'origin'>[] | undefined;
}

/** Primitives of the check. */
export type BundleCrypto = DecisionVerifier['crypto'] & AnchorCrypto;

/** What was found. */
export interface BundleVerification {
  /** Nothing failed; steps that are `absent` or `unpinned` still say what was not proven. */
  readonly ok: boolean;
  readonly steps: readonly BundleStep[];
  readonly mismatch: BundleMismatch | null;
  /** Null when the file is no bundle. */
  readonly decision: DecisionVerification | null;
}

/** Outcome of one step, before it has its place. */
export type StepOutcome = Omit<BundleStep, 'step'> & { readonly mismatch?: Omit<BundleMismatch, 'step'> };

/** Checks that belong to the two steps in the middle; every other one is of the records themselves. */
const STEP_OF_CHECK: Readonly<Record<string, BundleStepName>> = {
  'leaf-hash': 'leaf',
  chain: 'leaf',
  inclusion: 'leaf',
  checkpoint: 'checkpoint',
  signature: 'checkpoint',
  'co-signature': 'checkpoint',
  keys: 'checkpoint',
};

/** See the head of the file. Never throws; `input` may be anything. */
export function verifyBundle(input: unknown, trust: BundleTrust, crypto: BundleCrypto): BundleVerification {
  const parsed = EvidenceBundle.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') || 'bundle';
    const expected = 'the form witan-bundle/1';
    const mismatch = { part: 'bundle', field, expected, actual: issue?.message ?? '' };
    return ended([], { state: 'failed', detail: `${field}: ${mismatch.actual}`, mismatch }, null);
  }
  const bundle = parsed.data;
  const decision = verifyDecision(bundle.decision, { ...trust, crypto });
  const steps = decisionSteps(decision);
  if (!decision.ok) return { ok: false, steps, mismatch: decisionMismatch(decision), decision };
  const done = steps.slice(0, 3);
  const witnesses = checkWitnesses(bundle, trust, crypto);
  if (witnesses.mismatch) return ended(done, witnesses, decision);
  done.push({ step: 'witnesses', state: witnesses.state, detail: witnesses.detail });
  const transaction = checkTransactions(bundle, trust, crypto);
  if (transaction.mismatch) return ended(done, transaction, decision);
  done.push({ step: 'transaction', state: transaction.state, detail: transaction.detail });
  return { ok: true, steps: done, mismatch: null, decision };
}

/** The steps up to one that failed, which is next after `done`. */
function ended(
  done: readonly BundleStep[],
  { state, detail, mismatch }: StepOutcome,
  decision: DecisionVerification | null,
): BundleVerification {
  const step = BUNDLE_STEPS[done.length]!;
  const steps = [...done, { step, state, detail }, ...unreached(done.length + 1)];
  return { ok: false, steps, mismatch: { step, ...mismatch! }, decision };
}

function unreached(from: number): BundleStep[] {
  return BUNDLE_STEPS.slice(from).map((step) => ({ step, state: 'unreached', detail: 'not looked at' }));
}

/** The first three steps, and the rest as not reached. */
function decisionSteps(decision: DecisionVerification): BundleStep[] {
  const { logId, openedIndex, finalIndex, verdict, mismatch } = decision;
  const details: Readonly<Partial<Record<BundleStepName, string>>> = {
    record: verdict ? recordWords(verdict, decision) : '',
    leaf: `records #${openedIndex} and #${finalIndex} of ${logId}`,
    checkpoint: `signed by a pinned key of ${logId}`,
  };
  const failedAt = mismatch ? BUNDLE_STEPS.indexOf(stepOf(mismatch.check)) : 3;
  return BUNDLE_STEPS.map((step, at): BundleStep => {
    if (at < failedAt) return { step, state: 'verified', detail: details[step] ?? '' };
    if (at > failedAt || !mismatch) return { step, state: 'unreached', detail: 'not looked at' };
    const { record, field, expected, actual } = mismatch;
    return { step, state: 'failed', detail: `${record}, ${field}: expected ${expected}, found ${actual}` };
  });
}

function recordWords(
  { outcome, decidedBy, ballots }: VerdictBody,
  { aggregate }: DecisionVerification,
): string {
  const words = `${outcome} by ${decidedBy}, ${ballots.length} ballots`;
  if (aggregate === null) return words;
  if (aggregate === 'verified') return `${words} and their aggregate`;
  if (aggregate === 'unchecked') return `${words}, their aggregate not looked at`;
  return `${words}, no aggregate (${aggregate.slice('none: '.length)})`;
}

function decisionMismatch({ mismatch }: DecisionVerification): BundleMismatch {
  const { check, record, field, expected, actual } = mismatch!;
  return { step: stepOf(check), part: record, field, expected, actual };
}

function stepOf(check: string): BundleStepName {
  return STEP_OF_CHECK[check] ?? 'record';
}
