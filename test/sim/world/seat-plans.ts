/** Seats as the production seat actor takes them, with scripted evaluators behind them. */
import { createHash } from 'node:crypto';
import type { SeatPlan } from '../../../agents/kit/seat-plan.ts';
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { Evidence, EvaluatorKind } from '../../../contracts/messages/evidence.ts';
import type { SeatId } from '../../../contracts/messages/ids.ts';
import type { Clock } from '../../../runtime/kernel/index.ts';
import { evaluatorRef } from '../../../runtime/kernel/ports/evaluator.ts';
import type { Evaluator } from '../../../runtime/kernel/ports/evaluator.ts';
import type { Finding, Mind } from '../scenario/minds.ts';
import type { FaultCounter } from '../faults/fault-counter.ts';

/** Where a seat's script comes from, and the time it waits on. */
export interface Script {
  mind(decision: Decision, seat: string): Mind;
  readonly clock: Clock;
  readonly faults: FaultCounter;
}

/** Confidence of a seat that finds nothing: a council in which nobody does approves with some room. */
const BENIGN_BP = 9_300;

const KINDS: Readonly<Record<string, readonly EvaluatorKind[]>> = {
  guardian: ['rules', 'model'],
  truth: ['model'],
  wisdom: ['rules', 'llm'],
  alignment: ['llm', 'rules'],
  innovation: ['llm'],
  accountability: ['record'],
  transparency: ['record', 'rules'],
};

const FAMILIES: Readonly<Record<EvaluatorKind, string>> = {
  rules: 'rules',
  record: 'rules',
  model: 'model/a',
  llm: 'provider/x',
};

/** Plan of one scripted seat. */
export function scriptedSeat(seat: string, script: Script): SeatPlan {
  const kinds = KINDS[seat] ?? ['rules'];
  return {
    seat: seat as SeatId,
    title: seat,
    mandate: `Looks after ${seat}.`,
    evaluators: kinds.map((kind, at) => scriptedEvaluator(seat, { kind, at }, script)),
    isApplicable: (decision) => {
      const mind = script.mind(decision, seat);
      if (mind.isBroken) {
        script.faults.add('seat-crash');
        throw new Error(`${seat} is broken`);
      }
      return mind.isApplicable;
    },
    calibration: {
      id: 'uncalibrated',
      benignConfidenceBp: BENIGN_BP,
      findingConfidenceBp: {},
      vetoCodes: [`${seat}.grave`],
    },
  };
}

function scriptedEvaluator(
  seat: string,
  { kind, at }: { kind: EvaluatorKind; at: number },
  script: Script,
): Evaluator {
  const evaluator: Evaluator = {
    id: `${seat}/scripted-${at}`,
    version: '1.0.0',
    digest: createHash('sha256').update(`${seat}/${at}`).digest('hex'),
    kind,
    family: FAMILIES[kind],
    remote: kind === 'llm',
    evaluate: ({ decision, attested, peers }, budget) => {
      const mind = script.mind(decision, seat);
      // The same evaluators also run as checks; only the council is told what the checks found.
      const isCouncil = 'checks.risk' in attested;
      const manner = isCouncil ? mind.manner : mind.checkManner;
      const finding = peers.length > 0 ? mind.afterwards : (mind.findings[at] ?? null);
      const given = evidenceOf(evaluator, finding);
      const count = (what: string): void => script.faults.add(isCouncil ? `seat-${what}` : `check-${what}`);
      switch (manner) {
        case 'answers':
          return given;
        case 'waits':
          return after(script.clock, mind.waitMs, given);
        case 'throws':
          count('evaluator-throws');
          throw new Error('the script throws');
        case 'malformed':
          count('evaluator-malformed');
          return { score: 'high' } as unknown as Evidence;
        case 'hangs':
          count('hang');
          return new Promise<Evidence>(() => {});
        case 'slow':
          count('slow');
          return after(script.clock, budget.remainingMs() + mind.waitMs, given);
      }
    },
  };
  return evaluator;
}

function after<T>(clock: Clock, ms: number, value: T): Promise<T> {
  return new Promise((done) => clock.setTimer(ms, () => done(value)));
}

function evidenceOf(evaluator: Evaluator, finding: Finding | null): Evidence {
  const { kind, family } = evaluator;
  return {
    evaluator: evaluatorRef(evaluator),
    kind,
    family,
    scoreBp: finding?.scoreBp ?? 10_000,
    confidenceBp: finding?.confidenceBp ?? BENIGN_BP,
    code: finding?.code ?? 'none',
    reasons: [],
    spans: [],
    basis: kind === 'record' ? 'attested' : 'content',
    critical: finding?.critical ?? false,
    applicable: true,
  };
}
