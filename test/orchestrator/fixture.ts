/** A whole orchestrator world in memory, each step replaceable, time moved by hand. */
import { DEFAULT_POLICY } from '../../config/policies/default.ts';
import { loadSettings } from '../../config/loader.ts';
import { rosterOf } from '../../config/roster.ts';
import type { SettingsInput } from '../../config/schema.ts';
import { toBase64Url, toHex } from '../../contracts/ledger/bytes.ts';
import { ballotSigningBytes, decisionDigest, decisionIdOf } from '../../contracts/ledger/signing.ts';
import type { Ballot, BallotBody } from '../../contracts/messages/ballot.ts';
import { CHECK_NAMES } from '../../contracts/messages/checks.ts';
import type { CheckName, CheckReply } from '../../contracts/messages/checks.ts';
import type { DeliberateRequest, DeliberationResult } from '../../contracts/messages/council.ts';
import { DecisionRequest } from '../../contracts/messages/decision.ts';
import type { Decision, RiskLevel } from '../../contracts/messages/decision.ts';
import type { Evidence } from '../../contracts/messages/evidence.ts';
import type { KeyId } from '../../contracts/messages/ids.ts';
import type { SessionTerms } from '../../contracts/messages/session.ts';
import type { HeldReason, Outcome, Tally } from '../../contracts/messages/verdict.ts';
import { createPolicyEngine } from '../../agents/platform/policy/policy-engine.ts';
import type { CheckStep, OrchestratorPorts } from '../../agents/platform/orchestrator/ports.ts';
import { CreditSemaphore } from '../../runtime/kernel/credit-semaphore.ts';
import type { Clock } from '../../runtime/kernel/clock.ts';
import { SeededRandom } from '../../runtime/kernel/sim/seeded-random.ts';
import { digestOf, sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { MemoryBus } from '../../runtime/store/memory/memory-bus.ts';
import { MemoryDecisionEvents } from '../../runtime/store/memory/memory-decision-events.ts';
import { MemoryDecisionIndex } from '../../runtime/store/memory/memory-decision-index.ts';
import { MemoryLedger } from '../../runtime/store/memory/memory-ledger.ts';
import type { MemoryLedgerFault } from '../../runtime/store/memory/memory-ledger.ts';
import type { LedgerEntryInput } from '../../runtime/kernel/ports/ledger.ts';

/** Parts of the world that a test replaces or reads. */
export interface World {
  readonly ports: OrchestratorPorts;
  readonly ledger: MemoryLedger;
  readonly index: MemoryDecisionIndex;
  readonly bus: MemoryBus;
  readonly keys: MemoryKeys;
  readonly terms: (decision: Decision) => SessionTerms;
  /** Asked for each append that would write. */
  fault: (input: LedgerEntryInput) => MemoryLedgerFault | undefined;
  /** Requests that reached the council. */
  readonly deliberations: DeliberateRequest[];
}

/** Makes a world; `change` replaces single ports. */
export function makeWorld(
  clock: Clock,
  change: Partial<OrchestratorPorts> = {},
  code: SettingsInput = {},
): World {
  const keys = new MemoryKeys({ clock, seed: 'orchestrator' });
  // Short limits, so that virtual time need not pass far.
  const deadlines = { policyMs: 10, checksMs: 200, ...code.deadlines };
  const { settings } = loadSettings({ code: { ...code, deadlines } });
  const holder: Pick<World, 'fault'> = { fault: () => undefined };
  const ledger = new MemoryLedger({ logId: 'log-1', clock, keys, fault: (input) => world.fault(input) });
  const index = new MemoryDecisionIndex();
  const bus = new MemoryBus({ clock });
  const engine = createPolicyEngine(DEFAULT_POLICY);
  const deliberations: DeliberateRequest[] = [];
  const roster = rosterOf(settings.council).map((entry) => {
    const key = keys.active(`seat/${entry.seat}`);
    return {
      ...entry,
      publicKey: toHex(key.publicKey),
      keyId: key.keyId as KeyId,
      evaluators: [`${entry.seat}/rules@1#0123456789ab`],
      calibration: 'uncalibrated',
    };
  });
  const terms = (decision: Decision): SessionTerms => ({
    decisionId: decision.decisionId,
    decisionDigest: decision.digest,
    tenant: decision.tenant,
    roster,
    thresholdBp: settings.council.thresholdBp,
    quorumBp: settings.council.quorumBp,
    maxRounds: 2,
    remoteFamilies: [],
    policyRevision: engine.current().revision,
    constitutionHash: engine.current().constitutionHash,
    checks: [],
  });
  const ports: OrchestratorPorts = {
    clock,
    random: new SeededRandom(7),
    ledger,
    keys,
    events: new MemoryDecisionEvents({ clock }),
    index,
    bus,
    admission: new CreditSemaphore({ clock, credits: settings.admission.openDecisionMaxCount }),
    policy: {
      evaluate: async (decision, _budget, frozen) => engine.evaluate(decision.request, frozen),
      current: () => engine.current(),
    },
    checks: CHECK_NAMES.map((check) => checkStep(check)),
    council: async (request) => {
      deliberations.push(request);
      return deliberation(request, keys);
    },
    freezeTerms: terms,
    seatCards: (frozen) =>
      frozen.roster.map(({ seat, weightBp, vetoes }) => ({
        seat,
        weightBp,
        vetoes,
        title: seat,
        mandate: 'Looks.',
      })),
    settings: () => settings,
    flags: () => settings.features,
    ...change,
  };
  const world: World = Object.assign(holder, { ports, ledger, index, bus, keys, terms, deliberations });
  return world;
}

/** A check that answers at once. */
export function checkStep(
  check: CheckName,
  risk: RiskLevel = 'low',
  codes: readonly string[] = [],
): CheckStep {
  return { check, run: async (decision) => checkReply(check, decision, { risk, codes }) };
}

/** An answer of a check. */
export function checkReply(
  check: CheckName,
  { decisionId }: Decision,
  { risk, codes }: Pick<CheckReply, 'risk' | 'codes'>,
): CheckReply {
  return { type: 'check-result', check, decisionId, risk, codes, evidence: [] };
}

/** Checks of which one reports a risk. */
export function riskyChecks(risk: RiskLevel, codes: readonly string[] = ['safety.finding']): CheckStep[] {
  return CHECK_NAMES.map((check) => (check === 'safety' ? checkStep(check, risk, codes) : checkStep(check)));
}

/** What a council answers when every seat says the same. */
export function deliberation(
  request: DeliberateRequest,
  keys: MemoryKeys,
  { outcome = 'approved', heldReason = null, code = 'none' }: DeliberationFields = {},
): DeliberationResult {
  const scoreBp = outcome === 'rejected' ? 0 : 10_000;
  const ballots = request.terms.roster.map(({ seat, keyId }) => {
    const evidence: Evidence[] = [evidenceOf(code, scoreBp)];
    const body: BallotBody = {
      decisionId: request.decision.decisionId,
      sessionDigest: request.sessionDigest,
      decisionDigest: request.decision.digest,
      seat,
      round: 1,
      scoreBp,
      confidenceBp: 9_000,
      applicable: true,
      veto: null,
      families: ['rules'],
      evaluators: [evidence[0]!.evaluator],
      evidenceDigest: digestOf(evidence),
      previousBallot: null,
      cites: [],
      calibration: 'uncalibrated',
    };
    const signature = toBase64Url(keys.sign(keyId, ballotSigningBytes(body)));
    return { body, evidence, keyId, signature } satisfies Ballot;
  });
  const decisionId = request.decision.decisionId;
  const tally = tallyOf(outcome === 'rejected' ? 0 : 9_000, ballots.length);
  return {
    type: 'deliberation-result',
    decisionId,
    outcome,
    heldReason,
    rounds: 1,
    tally,
    ballots,
    superseded: [],
  };
}

interface DeliberationFields {
  outcome?: Outcome;
  heldReason?: HeldReason | null;
  code?: string;
}

/** Evidence of one rule evaluator. */
export function evidenceOf(code: string, scoreBp: number, fields: Partial<Evidence> = {}): Evidence {
  return {
    evaluator: 'test/rules@1#0123456789ab',
    kind: 'rules',
    family: 'rules',
    scoreBp,
    confidenceBp: 9_000,
    code,
    reasons: [],
    spans: [],
    basis: 'content',
    critical: false,
    applicable: true,
    ...fields,
  };
}

function tallyOf(valueBp: number, ballotCount: number): Tally {
  return {
    weighted: 0,
    attainable: 0,
    valueBp,
    strictWeighted: 0,
    strictBp: valueBp,
    rawBp: valueBp,
    confidenceNormalisedBp: null,
    thresholdBp: 7_000,
    quorumBp: 8_500,
    totalWeightBp: 11_000,
    participatingWeightBp: 11_000,
    reachableBp: [valueBp, valueBp],
    ballotCount,
    approveCount: ballotCount,
    rejectCount: 0,
    notApplicableCount: 0,
    absent: [],
    vetoes: [],
    families: [],
  };
}

/** A parsed request. */
export function requestOf(fields: object = {}): DecisionRequest {
  return DecisionRequest.parse({ type: 'chat', text: 'What is the capital of France?', ...fields });
}

/** A decision as the orchestrator would make it. */
export function decisionOf(fields: object = {}, tenant = 'acme', key = 'k1'): Decision {
  const request = requestOf(fields);
  return {
    decisionId: decisionIdOf(tenant, key, sha256),
    tenant,
    digest: decisionDigest(request, sha256),
    request,
  };
}
