/**
 * The path of an opened decision: policy, checks, consensus, council. Each step fails closed (architecture
 * §1).
 */
import { decisionTypeRule } from '../../../../config/decision-types.ts';
import type { FeatureFlagValues } from '../../../../config/feature-flags.ts';
import { toWitanError } from '../../../../contracts/errors.ts';
import { CHECK_NAMES } from '../../../../contracts/messages/checks.ts';
import type { CheckReply } from '../../../../contracts/messages/checks.ts';
import type { DeliberationResult } from '../../../../contracts/messages/council.ts';
import type { Decision, RiskLevel } from '../../../../contracts/messages/decision.ts';
import type { Digest } from '../../../../contracts/messages/ids.ts';
import type { SessionTerms } from '../../../../contracts/messages/session.ts';
import type { HeldReason, Outcome, StepRecord, VerdictBody } from '../../../../contracts/messages/verdict.ts';
import type { OwnedBudget } from '../../../../runtime/kernel/budget.ts';
import type { PolicyAnswer } from '../../../../runtime/kernel/ports/policy.ts';
import { effectiveRisk, highestRisk, isHighRisk } from '../../../kit/check/risk.ts';
import { failedCheck } from '../../../kit/check/run-check.ts';
import { isDistress } from './alternative.ts';
import type { EarlierAttempts } from '../attempts.ts';
import type { OrchestratorPorts, SessionSettings } from '../ports.ts';
import { within } from '../../../../supervisors/within.ts';

/** A session whose `opened` entry is durable. */
export interface OpenSession {
  readonly decision: Decision;
  readonly terms: SessionTerms;
  readonly sessionDigest: Digest;
  readonly statedRisk: RiskLevel | null;
  readonly attempts: EarlierAttempts;
  readonly settings: SessionSettings;
  readonly flags: Readonly<FeatureFlagValues>;
  /** Whole time of the decision; its signal aborts when the session is stopped. */
  readonly budget: OwnedBudget;
}

/** Where the path ended; what the verdict is made of. */
export interface PathEnd extends Pick<
  VerdictBody,
  'outcome' | 'heldReason' | 'decidedBy' | 'risk' | 'rounds' | 'tally'
> {
  readonly steps: readonly StepRecord[];
  readonly ballots: DeliberationResult['ballots'];
  readonly superseded: DeliberationResult['superseded'];
  /** Codes of all findings, in the order of the steps. */
  readonly codes: readonly string[];
}

/** Ports that the path itself uses. */
export type PathPorts = Pick<
  OrchestratorPorts,
  'clock' | 'policy' | 'checks' | 'consensus' | 'council' | 'screen'
>;

type Attested = Record<string, unknown>;
type Decided = Omit<PathEnd, 'steps' | 'ballots' | 'superseded' | 'codes' | 'rounds' | 'tally'>;

/**
 * Takes a session through the steps. Never rejects for a failing step: it holds, with the reason.
 * @throws cancelled when the session itself was stopped; nothing may be recorded then
 */
export async function runPath(
  session: OpenSession,
  ports: PathPorts,
  onStep: (step: StepRecord) => void,
): Promise<PathEnd> {
  const run = new PathRun(session, ports, onStep);
  return run.run();
}

class PathRun {
  readonly #session: OpenSession;
  readonly #ports: PathPorts;
  readonly #onStep: (step: StepRecord) => void;
  readonly #steps: StepRecord[] = [];
  readonly #codes: string[] = [];
  readonly #attested: Attested = {};

  constructor(session: OpenSession, ports: PathPorts, onStep: (step: StepRecord) => void) {
    this.#session = session;
    this.#ports = ports;
    this.#onStep = onStep;
  }

  async run(): Promise<PathEnd> {
    const { statedRisk, attempts, settings, decision } = this.#session;
    this.#attested['attempts.count'] = attempts.count;
    this.#attested['attempts.unapproved'] = attempts.unapprovedCount;
    const policy = await this.#policy();
    if (policy === null) return this.#end({ ...held('policy-error'), decidedBy: 'policy', risk: 'high' });
    if (policy.effect === 'deny') {
      const risk = effectiveRisk(['high'], statedRisk);
      return this.#end({ outcome: 'rejected', heldReason: null, decidedBy: 'policy', risk });
    }
    const measured = (await this.#checks()).map((reply) => reply.risk);
    const isInjection = await this.#screen();
    const raised: RiskLevel[] = [];
    if (policy.effect === 'needs-review') raised.push('high');
    // Where the stakes for a person are high, the record itself must be judged, and only the council does
    // that.
    if (decisionTypeRule(decision.request.type).highStakes) raised.push('high');
    // The text under judgement may be an attack by right: a match raises what is looked at, no more.
    if (isInjection) raised.push('high');
    if (attempts.unapprovedCount >= settings.attempts.raiseRiskCount) raised.push('high');
    const risk = effectiveRisk([...measured, ...raised], statedRisk);
    this.#attested['checks.risk'] = highestRisk(measured);
    if (!isHighRisk(risk) && decision.request.council !== 'always') {
      return this.#end({ outcome: 'approved', heldReason: null, decidedBy: 'checks', risk });
    }
    if (isHighRisk(risk)) await this.#consensus();
    return this.#council(policy, risk);
  }

  /** Null: it failed, so nothing after it is evaluated. */
  async #policy(): Promise<PolicyAnswer | null> {
    const { decision, terms, settings } = this.#session;
    const frozen = { revision: terms.policyRevision, constitutionHash: terms.constitutionHash };
    const by = `policy@${terms.policyRevision}`;
    const answer = await this.#timed(settings.deadlines.policyMs, (budget) =>
      this.#ports.policy.evaluate(decision, budget, frozen),
    );
    if ('error' in answer) {
      this.#record({
        step: 'policy',
        result: answer.error,
        by,
        risk: null,
        codes: ['policy.error'],
        ...answer,
      });
      return null;
    }
    const { effect, rules, revision } = answer.value;
    const codes = effect === 'allow' ? [] : rules.map((rule) => `policy.${rule}`);
    this.#record({ step: 'policy', result: effect, by, risk: null, codes, ...answer });
    this.#attested['policy.effect'] = effect;
    this.#attested['policy.revision'] = revision;
    return answer.value;
  }

  async #checks(): Promise<CheckReply[]> {
    return Promise.all(CHECK_NAMES.map((name) => this.#check(name)));
  }

  async #check(name: (typeof CHECK_NAMES)[number]): Promise<CheckReply> {
    const { decision, settings } = this.#session;
    const step = this.#ports.checks.find(({ check }) => check === name);
    const answer = step
      ? await this.#timed(settings.deadlines.checksMs, (budget) =>
          step.run(decision, { ...this.#attested }, budget),
        )
      : { error: 'not_found', elapsedMs: 0 };
    let reply: CheckReply;
    let result = 'checked';
    if ('error' in answer) {
      result = answer.error;
      reply = failedCheck(
        name,
        decision,
        step ? (answer.error === 'deadline_exceeded' ? 'late' : 'failed') : 'missing',
      );
    } else if (answer.value.check !== name || answer.value.decisionId !== decision.decisionId) {
      result = 'another decision';
      reply = failedCheck(name, decision, 'invalid');
    } else reply = answer.value;
    this.#record({ step: 'checks', result, by: name, risk: reply.risk, codes: reply.codes, ...answer });
    return reply;
  }

  /** Whether the screen matches, or failed and might have. */
  async #screen(): Promise<boolean> {
    const { screen } = this.#ports;
    if (!screen) return false;
    const { decision, settings } = this.#session;
    const answer = await this.#timed(settings.deadlines.checksMs, (budget) => screen(decision, budget));
    if ('error' in answer) {
      const codes = ['screen.failed'];
      this.#record({ step: 'checks', result: answer.error, by: 'screen', risk: 'high', codes, ...answer });
      return true;
    }
    const { isInjection, confidence } = answer.value;
    this.#attested['screen.injection'] = isInjection;
    this.#attested['screen.confidence'] = confidence;
    return isInjection;
  }

  async #consensus(): Promise<void> {
    const { decision, settings, flags } = this.#session;
    const { consensus } = this.#ports;
    if (!consensus || !flags.consensus) {
      this.#attested['consensus.state'] = 'absent';
      return;
    }
    const answer = await this.#timed(settings.deadlines.consensusMs, (budget) =>
      consensus.query(decision, budget),
    );
    if ('error' in answer) {
      this.#attested['consensus.state'] = 'failed';
      const codes = ['consensus.failed'];
      this.#record({
        step: 'consensus',
        result: answer.error,
        by: 'consensus',
        risk: null,
        codes,
        ...answer,
      });
      return;
    }
    const { queryId, disagrees, minorityCount, responseCount } = answer.value;
    Object.assign(this.#attested, {
      'consensus.state': disagrees ? 'disagreement' : 'agreement',
      'consensus.responses': responseCount,
      'consensus.minority': minorityCount,
    });
    const codes = disagrees ? ['consensus.disagreement'] : [];
    const result = disagrees ? 'disagreement' : 'agreement';
    this.#record({ step: 'consensus', result, by: `consensus/${queryId}`, risk: null, codes, ...answer });
  }

  async #council(policy: PolicyAnswer, risk: RiskLevel): Promise<PathEnd> {
    const { decision, terms, sessionDigest, budget } = this.#session;
    const answer = await this.#timed(Number.MAX_SAFE_INTEGER, (slice) =>
      this.#ports.council(
        {
          type: 'deliberate',
          terms,
          sessionDigest,
          decision,
          attested: { ...this.#attested },
          budgetMs: slice.remainingMs(),
        },
        slice,
      ),
    );
    const fault = 'error' in answer ? answer.error : faultIn(answer.value, this.#session);
    if ('error' in answer || fault !== null) {
      const result = fault ?? 'failed';
      this.#record({
        step: 'council',
        result,
        by: 'council',
        risk,
        codes: ['council.failed'],
        elapsedMs: answer.elapsedMs,
      });
      const isLate = result === 'deadline_exceeded' || budget.remainingMs() <= 0;
      return this.#end({ ...held(isLate ? 'deadline' : 'evaluation-failed'), decidedBy: 'council', risk });
    }
    const { outcome, heldReason, rounds, tally, ballots, superseded } = answer.value;
    const codes = codesOf(answer.value);
    this.#record({
      step: 'council',
      result: outcome,
      by: 'council',
      risk,
      codes,
      elapsedMs: answer.elapsedMs,
    });
    const decided: Decided =
      policy.effect === 'needs-review' && outcome === 'approved'
        ? { ...held('policy-review'), decidedBy: 'policy', risk }
        : { outcome, heldReason, decidedBy: 'council', risk };
    return { ...this.#end(decided), rounds, tally, ballots, superseded };
  }

  /** Runs one step within its share of the time; the append's reserve is never touched. */
  async #timed<T>(
    ms: number,
    work: (budget: OwnedBudget) => T | Promise<T>,
  ): Promise<({ value: T } | { error: string }) & { elapsedMs: number }> {
    const { clock } = this.#ports;
    const { budget, settings } = this.#session;
    const startedMs = clock.monotonicMs();
    const elapsed = (): number => Math.max(0, clock.monotonicMs() - startedMs);
    const slice = budget.slice(ms, settings.deadlines.appendReserveMs);
    try {
      const value = await within(slice, () => work(slice));
      return { value, elapsedMs: elapsed() };
    } catch (error) {
      const { code } = toWitanError(error);
      // A stopped session is no failed step: its owner settles it.
      if (code === 'cancelled' && budget.signal.aborted && budget.remainingMs() > 0) throw error;
      return { error: code, elapsedMs: elapsed() };
    }
  }

  #record(step: Omit<StepRecord, 'codes'> & { codes: readonly string[] }): void {
    const { step: name, result, by, risk, elapsedMs } = step;
    const codes = step.codes.slice(0, 100).map((code) => code.slice(0, 80));
    const record: StepRecord = {
      step: name,
      result: result.slice(0, 80),
      by: by.slice(0, 200),
      risk,
      codes,
      elapsedMs,
    };
    this.#steps.push(record);
    this.#codes.push(...codes);
    this.#onStep(record);
  }

  #end(decided: Decided): PathEnd {
    const nobody = { rounds: 0, tally: null, ballots: [], superseded: [] };
    return { ...decided, ...nobody, steps: [...this.#steps], codes: [...new Set(this.#codes)] };
  }
}

function held(heldReason: HeldReason): { outcome: Outcome; heldReason: HeldReason } {
  return { outcome: 'held', heldReason };
}

/** Why a result cannot be one of this session; null: it can. */
function faultIn(result: DeliberationResult, session: OpenSession): string | null {
  const { outcome, heldReason, ballots, decisionId } = result;
  if (decisionId !== session.decision.decisionId) return 'another decision';
  if ((outcome === 'held') !== (heldReason !== null)) return 'no reason';
  if (outcome === 'approved' && ballots.length === 0) return 'no ballots';
  const isForeign = ballots.some(
    ({ body }) => body.decisionId !== decisionId || body.sessionDigest !== session.sessionDigest,
  );
  return isForeign ? 'foreign ballot' : null;
}

function codesOf(result: DeliberationResult): string[] {
  const evidence = result.ballots.flatMap((ballot) => ballot.evidence);
  const findings = evidence.filter(
    ({ scoreBp, critical, code }) => scoreBp < 5_000 || critical || isDistress(code),
  );
  return [...new Set(findings.map(({ code }) => code))].filter((code) => code !== 'none');
}
