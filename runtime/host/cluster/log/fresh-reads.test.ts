import { WitanError } from '../../../../contracts/errors.ts';
import { DecisionId } from '../../../../contracts/messages/ids.ts';
import { Simulation } from '../../../kernel/index.ts';
import type {
  LedgerCheckpoint,
  LedgerEntry,
  LedgerEntryKind,
  LedgerPort,
} from '../../../kernel/ports/ledger.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { freshReads, patientReads } from './fresh-reads.ts';

const test = suite('fresh reads of a shared record');
const ID = DecisionId.parse(`d${'0'.repeat(32)}`);

/** A copy that holds entries of these kinds, and a log that catches up when it is told to. */
function fixture(...kinds: LedgerEntryKind[]) {
  const held = [...kinds];
  const sim = new Simulation(1);
  const gates: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  const ledger = {
    byDecision: async () => held.map((kind) => ({ kind }) as LedgerEntry),
    entry: async (index: number) => held[index] && ({ kind: held[index] } as LedgerEntry),
    size: () => held.length,
    checkpoint: async () => ({ size: 2 }) as LedgerCheckpoint,
  } as Partial<LedgerPort> as LedgerPort;
  const log = {
    caughtUp: () => new Promise<void>((resolve, reject) => gates.push({ resolve, reject })),
  };
  const kindsOf = async (reads: LedgerPort): Promise<string> => {
    try {
      return (await reads.byDecision(ID)).map(({ kind }) => kind).join(' ');
    } catch (error) {
      return (error as WitanError).code;
    }
  };
  return {
    held,
    sim,
    gates,
    kindsOf,
    fresh: freshReads(ledger, log),
    patient: patientReads(ledger, log, sim.clock),
  };
}

const away = new WitanError('unavailable', 'the log has no writer that answers');

test('what decides waits until it has caught up, and reads then', async () => {
  const { held, sim, gates, kindsOf, fresh } = fixture('opened');
  const reading = kindsOf(fresh);
  await sim.advance(1_000);
  held.push('final');
  gates[0]!.resolve();
  assert.is(await reading, 'opened final');
});

test('what decides never gets what may be old', async () => {
  const { gates, kindsOf, fresh } = fixture('opened', 'final');
  const reading = kindsOf(fresh);
  gates[0]!.reject(away);
  assert.is(await reading, 'unavailable');
});

test('a reader gets the end that its node knows when no writer answers, at once or soon', async () => {
  const { sim, gates, kindsOf, patient } = fixture('opened', 'final');
  const refused = kindsOf(patient);
  await sim.advance(0);
  gates[0]!.reject(away);
  assert.is(await refused, 'opened final');
  const late = kindsOf(patient);
  await sim.advance(500);
  assert.is(await late, 'opened final');
});

test('a reader gets what came after the end when the writer answers in time', async () => {
  const { held, sim, gates, kindsOf, patient } = fixture('opened', 'final');
  const reading = kindsOf(patient);
  await sim.advance(499);
  held.push('resolution');
  gates[0]!.resolve();
  assert.is(await reading, 'opened final resolution');
});

test('a reader of what is open, or not known here, waits for the writer', async () => {
  for (const kinds of [[], ['opened']] as LedgerEntryKind[][]) {
    const { sim, gates, kindsOf, patient } = fixture(...kinds);
    const reading = kindsOf(patient);
    await sim.advance(3_000);
    gates[0]!.reject(away);
    assert.is(await reading, 'unavailable');
  }
});

test('an entry that is not here yet is looked for once more when this node has caught up', async () => {
  const { held, gates, fresh } = fixture('opened');
  assert.is((await fresh.entry(0))?.kind, 'opened');
  const reading = fresh.entry(1);
  held.push('final');
  gates[0]!.resolve();
  assert.is((await reading)?.kind, 'final');
});

test('a head is given out when this node has what it covers', async () => {
  const whole = fixture('opened', 'final');
  assert.is((await whole.fresh.checkpoint()).size, 2);
  const { sim, held, gates, fresh } = fixture('opened');
  let isGiven = false;
  const reading = fresh.checkpoint().then(() => (isGiven = true));
  await sim.advance(100);
  assert.not(isGiven);
  held.push('final');
  gates[0]!.resolve();
  await reading;
  const behind = fixture('opened');
  const refused = behind.fresh.checkpoint().catch((error: WitanError) => error.code);
  await behind.sim.advance(0);
  behind.gates[0]!.reject(away);
  assert.is(await refused, 'unavailable');
});
