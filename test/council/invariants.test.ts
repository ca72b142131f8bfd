/**
 * The council's invariants on whole deliberations: the same council twice, once with a seat lost or surer.
 */
import * as fc from 'fast-check';
import type { DeliberationResult } from '../../contracts/messages/council.ts';
import type { Evidence } from '../../contracts/messages/evidence.ts';
import { verifyTally } from '../../council/tally/verify-tally.ts';
import { assert, suite } from '../harness.ts';
import { printedTerms } from './fixtures.ts';
import { CouncilRig, type RigOptions } from './rig.ts';

const test = suite('council invariants', { limitMs: 120_000 });
const SEATS = printedTerms().roster.map(({ seat }) => seat as string);
const RUNS = { numRuns: 150 };

/** How a seat judges: its finding, or nothing found. */
interface Mind {
  readonly finding: Pick<Evidence, 'scoreBp' | 'confidenceBp' | 'critical' | 'kind' | 'code'> | null;
  readonly fault: 'none' | 'silent' | 'silent-in-round-2' | 'twice';
}

const code = fc.constantFrom(
  'guardian.harm',
  'privacy.email',
  'security.injection',
  'truth.no-evidence',
  'justice.bias',
);
const mind: fc.Arbitrary<Mind> = fc.record({
  finding: fc.option(
    fc.record({
      scoreBp: fc.oneof(fc.integer({ min: 0, max: 4_999 }), fc.integer({ min: 0, max: 10_000 })),
      confidenceBp: fc.integer({ min: 0, max: 10_000 }),
      critical: fc.boolean(),
      kind: fc.constantFrom('rules' as const, 'model' as const),
      code,
    }),
    { freq: 2, nil: null },
  ),
  fault: fc.oneof(
    { weight: 20, arbitrary: fc.constant('none' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('silent' as const, 'silent-in-round-2' as const, 'twice' as const),
    },
  ),
});
// Few seats find something, so that many councils stand near an approval.
const quiet: fc.Arbitrary<Mind> = fc.constant({ finding: null, fault: 'none' });
const minds = fc.array(fc.oneof({ weight: 3, arbitrary: quiet }, { weight: 2, arbitrary: mind }), {
  minLength: 12,
  maxLength: 12,
});

async function run(council: readonly Mind[]): Promise<DeliberationResult> {
  const options: {
    judges: Record<string, () => Partial<Evidence>>;
    plans: NonNullable<RigOptions['plans']>;
  } = {
    judges: {},
    plans: {},
  };
  const plans: Record<string, object> = {};
  council.forEach(({ finding }, index) => {
    const seat = SEATS[index]!;
    options.judges[seat] = () => finding ?? {};
    const calibration = {
      id: 'uncalibrated',
      benignConfidenceBp: 9_300,
      findingConfidenceBp: {},
      vetoCodes: ['security.injection'],
    };
    plans[seat] = { calibration };
  });
  const rig = new CouncilRig({
    ...options,
    plans,
    kinds: (seat) => council[SEATS.indexOf(seat)]?.finding?.kind ?? 'rules',
  });
  council.forEach(({ fault }, index) => {
    if (fault === 'none') return;
    rig.tap(SEATS[index]!, (message, seat) => {
      if (fault === 'silent') return;
      if (fault === 'silent-in-round-2' && message.type === 'ballot-request' && message.round === 2) return;
      seat.tell(message);
      if (fault === 'twice') seat.tell(message);
    });
  });
  try {
    const asked = rig.deliberate(1_000);
    await rig.pass(1_000);
    const result = await asked;
    if (result.heldReason !== 'deadline') assert.equal(verifyTally(rig.terms, result), []);
    return result;
  } finally {
    await rig.end();
  }
}

/** Seats but `lost` whose last word is missing. */
function othersAbsent({ tally }: DeliberationResult, lost: number): readonly string[] {
  return tally.absent.filter((seat) => seat !== SEATS[lost]);
}

test('losing a rejecting or veto seat never turns a non-approval into an approval', async () => {
  const seen = { approved: 0, rejected: 0, held: 0, roundTwo: 0, lost: 0, compared: 0 };
  await fc.assert(
    fc.asyncProperty(
      minds,
      fc.nat(),
      fc.constantFrom('silent' as const, 'silent-in-round-2' as const),
      async (council, pick, fault) => {
        const before = await run(council);
        seen[before.outcome] += 1;
        if (before.rounds === 2) seen.roundTwo += 1;
        if (before.outcome === 'approved') return;
        const vetoSeats = printedTerms()
          .roster.filter(({ vetoes }) => vetoes)
          .map(({ seat }) => seat as string);
        const losable = before.ballots
          .filter(({ body }) => body.scoreBp < 5_000 || vetoSeats.includes(body.seat))
          .map(({ body }) => SEATS.indexOf(body.seat))
          .filter((index) => council[index]!.fault === 'none');
        if (losable.length === 0) return;
        const lost = losable[pick % losable.length]!;
        seen.lost += 1;
        const after = await run(council.map((one, index) => (index === lost ? { ...one, fault } : one)));
        // A seat that fails in a second round alone fails in one council only, where the other needs none.
        if (othersAbsent(before, lost).some((seat) => !othersAbsent(after, lost).includes(seat))) return;
        seen.compared += 1;
        assert.is.not(after.outcome, 'approved');
      },
    ),
    RUNS,
  );
  // The property says something only where each kind of council came up.
  assert.ok(
    Object.values(seen).every((count) => count >= 5),
    JSON.stringify(seen),
  );
});

test('a fault that only a second round meets holds no council that needs one round', async () => {
  const quietSeat: Mind = { finding: null, fault: 'none' };
  const critic = SEATS.indexOf('transparency');
  const doubt = {
    scoreBp: 0,
    confidenceBp: 0,
    critical: true,
    kind: 'rules',
    code: 'guardian.harm',
  } as const;
  const council = SEATS.map((seat): Mind => {
    if (seat === 'transparency') return { finding: doubt, fault: 'none' };
    return seat === 'security' ? { finding: null, fault: 'silent-in-round-2' } : quietSeat;
  });
  const asked = await run(council);
  assert.equal([asked.outcome, asked.heldReason, asked.rounds], ['held', 'veto-seat-absent', 2]);
  const lost = await run(council.map((one, at) => (at === critic ? { ...one, fault: 'silent' } : one)));
  assert.equal([lost.outcome, lost.rounds, lost.tally.absent], ['approved', 1, ['transparency']]);
});

test('raising the confidence of a rejecting seat never turns a non-approval into an approval', async () => {
  let raised = 0;
  await fc.assert(
    fc.asyncProperty(minds, fc.nat(), fc.integer({ min: 0, max: 10_000 }), async (council, pick, to) => {
      const rejecting = council.flatMap(({ finding }, index) =>
        finding && finding.scoreBp < 5_000 ? [index] : [],
      );
      if (rejecting.length === 0) return;
      const surer = rejecting[pick % rejecting.length]!;
      if ((await run(council)).outcome === 'approved') return;
      raised += 1;
      const after = await run(
        council.map((one, index) => {
          if (index !== surer || !one.finding) return one;
          return {
            ...one,
            finding: { ...one.finding, confidenceBp: Math.max(one.finding.confidenceBp, to) },
          };
        }),
      );
      assert.is.not(after.outcome, 'approved');
    }),
    RUNS,
  );
  assert.ok(raised >= 20, `only ${raised} rejections were raised`);
});
