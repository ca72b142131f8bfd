/** What may have contributed to a decision: rules as data, each with the reason why it looks (ACC-06). */
import type { ContributingFactor } from '../../../../contracts/messages/accountability/investigation.ts';
import { describeEntry } from '../../../../contracts/ledger/audit/audit-entry.ts';
import { ballotVote } from '../../../../contracts/messages/ballot.ts';
import type { DecisionFacts } from '../decision-facts.ts';

/** What a rule found. */
interface Finding {
  readonly finding: string;
  readonly records: readonly number[];
}

interface FactorRule {
  readonly rule: string;
  readonly weight: ContributingFactor['weight'];
  readonly reason: string;
  find(facts: DecisionFacts): readonly Finding[];
}

/** Confidence below which a counted ballot is called unsure, basis points. */
const UNSURE_BP = 6_000;
/** Share of its time after which a decision ran under pressure. */
const PRESSURE_RATIO = 0.8;

/** Every rule, strongest first. Rules read the record alone: the same record gives the same factors. */
export const FACTOR_RULES: readonly FactorRule[] = [
  {
    rule: 'override',
    weight: 'strong',
    reason: 'A person’s word stood in for the verdict.',
    find: ({ resolutions }) =>
      resolutions.map(({ payload, index }) => ({
        finding: `${payload.by}: ${payload.action}, because: ${payload.reason}`,
        records: [index],
      })),
  },
  {
    rule: 'veto',
    weight: 'strong',
    reason: 'A seat found within its mandate what must not pass; that alone keeps an approval back.',
    find: ({ final }) =>
      (final?.payload.body.tally?.vetoes ?? []).map(({ seat, code }) => ({
        finding: `${seat} vetoed: ${code}`,
        records: [final!.index],
      })),
  },
  {
    rule: 'held',
    weight: 'strong',
    reason: 'The council did not settle it; what happened next was a person’s doing or nobody’s.',
    find: ({ final }) =>
      final?.payload.body.outcome === 'held'
        ? [{ finding: `held: ${final.payload.body.heldReason ?? 'no reason'}`, records: [final.index] }]
        : [],
  },
  {
    rule: 'dissent',
    weight: 'notable',
    reason: 'Seats that voted against the outcome saw something that the others did not weigh as much.',
    find: dissent,
  },
  {
    rule: 'low-confidence',
    weight: 'notable',
    reason: `A ballot below ${UNSURE_BP / 100} % confidence is more often wrong; it still carried weight.`,
    find: ({ final }) =>
      (final?.payload.ballots ?? [])
        .filter(({ body }) => body.applicable && body.confidenceBp < UNSURE_BP)
        .map(({ body }) => ({
          finding: `${body.seat} voted ${ballotVote(body)} with ${body.confidenceBp / 100} % confidence`,
          records: [final!.index],
        })),
  },
  {
    rule: 'uncalibrated',
    weight: 'context',
    reason: 'Confidence that was never measured says little.',
    find: ({ final }) => {
      const ballots = final?.payload.ballots ?? [];
      const seats = ballots
        .filter(({ body }) => body.calibration === 'uncalibrated')
        .map(({ body }) => body.seat);
      return seats.length === 0
        ? []
        : [{ finding: `without a measured calibration: ${seats.join(', ')}`, records: [final!.index] }];
    },
  },
  {
    rule: 'missing-seats',
    weight: 'notable',
    reason: 'A seat that did not vote counts as nothing in the sum, and its mandate was looked at by nobody.',
    find: ({ final }) => {
      const absent = final?.payload.body.tally?.absent ?? [];
      return absent.length === 0
        ? []
        : [{ finding: `no ballot of ${absent.join(', ')}`, records: [final!.index] }];
    },
  },
  {
    rule: 'degraded-checks',
    weight: 'notable',
    reason: 'A check that was late, missing or refused counts as high risk, whatever it would have found.',
    find: ({ final }) =>
      (final?.payload.body.steps ?? [])
        .filter(
          ({ step, result, codes }) => step === 'checks' && (result !== 'checked' || codes.some(isFault)),
        )
        .map(({ by, result, codes }) => ({
          finding: `${by}: ${[result, ...codes.filter(isFault)].join(', ')}`,
          records: [final!.index],
        })),
  },
  {
    rule: 'screen-findings',
    weight: 'notable',
    reason: 'The text tried to steer the model that judged it.',
    find: ({ final }) => {
      const codes = (final?.payload.body.steps ?? []).flatMap((step) => step.codes);
      const found = [...new Set(codes.filter((code) => code.includes('injection')))];
      return found.length === 0 ? [] : [{ finding: found.join(', '), records: [final!.index] }];
    },
  },
  {
    rule: 'deadline-pressure',
    weight: 'notable',
    reason: 'Little time was left: late ballots were not counted, and a round may not have run.',
    find: pressure,
  },
  {
    rule: 'uncounted-ballots',
    weight: 'notable',
    reason: 'A ballot that came late, was refused or is advisory did not move the sum.',
    find: ({ notices }) =>
      notices.map((entry) => {
        const { action, actor, reasoning } = describeEntry(entry);
        const why = reasoning?.[0] === undefined ? '' : `: ${reasoning[0]}`;
        return { finding: `${action} of ${actor.id}${why}`, records: [entry.index] };
      }),
  },
  {
    rule: 'earlier-attempts',
    weight: 'notable',
    reason: 'The same or nearly the same input was tried before; a later answer may have been shopped for.',
    find: ({ opened, final }) => {
      const count = final?.payload.body.attempts ?? 0;
      const { retryOf } = opened.payload;
      const named =
        retryOf === null ? [] : [{ finding: `another attempt at ${retryOf}`, records: [opened.index] }];
      return count === 0
        ? named
        : [...named, { finding: `${count} earlier attempts within the window`, records: [final!.index] }];
    },
  },
  {
    rule: 'one-family',
    weight: 'context',
    reason: 'Ballots that rest on one model or provider are not independent.',
    find: ({ final }) => {
      const families = (final?.payload.body.tally?.families ?? []).filter(({ remote }) => remote);
      return families.map(({ family, approvingWeightBp }) => ({
        finding: `${approvingWeightBp / 100} points of approval rest on ${family}`,
        records: [final!.index],
      }));
    },
  },
];

/** Factors of several decisions, in the order of the rules; also what differs between the decisions. */
export function contributingFactors(decisions: readonly DecisionFacts[]): ContributingFactor[] {
  const found = FACTOR_RULES.flatMap(({ rule, weight, reason, find }) =>
    decisions.flatMap((facts) =>
      find(facts).map(({ finding, records }): ContributingFactor => ({
        rule,
        decision_id: facts.decisionId,
        weight,
        finding,
        reason,
        records: [...records],
      })),
    ),
  );
  return [...found, ...policyChanges(decisions)];
}

function policyChanges(decisions: readonly DecisionFacts[]): ContributingFactor[] {
  const inOrder = [...decisions].sort((one, other) => one.opened.index - other.opened.index);
  const changes: ContributingFactor[] = [];
  for (const [at, facts] of inOrder.entries()) {
    const before = inOrder[at - 1]?.opened.payload.terms.policyRevision;
    const now = facts.opened.payload.terms.policyRevision;
    if (before === undefined || before === now) continue;
    changes.push({
      rule: 'policy-change',
      decision_id: facts.decisionId,
      weight: 'notable',
      finding: `policy ${before} before, ${now} from here on`,
      reason: 'Decisions under different rules are not like cases.',
      records: [inOrder[at - 1]!.opened.index, facts.opened.index],
    });
  }
  return changes;
}

function dissent({ final }: DecisionFacts): Finding[] {
  if (!final) return [];
  const { body, ballots } = final.payload;
  const against = body.outcome === 'approved' ? 'reject' : 'approve';
  const seats = ballots
    .filter(({ body: ballot }) => ballotVote(ballot) === against)
    .map((one) => one.body.seat);
  if (seats.length === 0 || body.decidedBy !== 'council') return [];
  return [{ finding: `${body.outcome} against the ballots of ${seats.join(', ')}`, records: [final.index] }];
}

function pressure({ opened, final }: DecisionFacts): Finding[] {
  if (!final) return [];
  const { deadlineMs, openedAt } = opened.payload;
  const tookMs = Date.parse(final.payload.body.decidedAt) - Date.parse(openedAt);
  const isLate = final.payload.body.heldReason === 'deadline';
  if (!isLate && tookMs < deadlineMs * PRESSURE_RATIO) return [];
  return [{ finding: `took ${tookMs} ms of ${deadlineMs} ms`, records: [opened.index, final.index] }];
}

function isFault(code: string): boolean {
  return code.startsWith('check.');
}
