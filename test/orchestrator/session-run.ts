/** One decision's session run in a simulated world, for the tests of what it does. */
import { WitanError } from '../../contracts/errors.ts';
import { Verdict } from '../../contracts/messages/verdict.ts';
import { runSession } from '../../agents/platform/orchestrator/decision-session.ts';
import type { SessionEnd, SessionJob } from '../../agents/platform/orchestrator/decision-session.ts';
import type { OrchestratorPorts } from '../../agents/platform/orchestrator/ports.ts';
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import { assert } from '../harness.ts';
import { decisionOf, makeWorld } from './fixture.ts';
import type { World } from './fixture.ts';

const none = { count: 0, unapprovedCount: 0, latest: null };

/** One decision under way in a simulated world. */
export interface Run {
  readonly world: World;
  readonly clock: SimClock;
  readonly accepted: string[];
  readonly stop: AbortController;
  readonly end: Promise<SessionEnd>;
}

/** Starts the session of one decision in a world of its own. */
export function start(
  change: Partial<OrchestratorPorts> = {},
  fields: object = {},
  job: Partial<SessionJob> = {},
): Run {
  const clock = new SimClock();
  return startIn(makeWorld(clock, change), clock, { fields, job });
}

/** Starts it in a world that exists. */
export function startIn(
  world: World,
  clock: SimClock,
  { fields = {}, job = {} }: { fields?: object; job?: Partial<SessionJob> } = {},
): Run {
  const stop = new AbortController();
  const accepted: string[] = [];
  const end = runSession(
    {
      decision: decisionOf(fields),
      submittedBy: 'user:ann',
      budgetMs: 5_000,
      attempts: none,
      settings: world.ports.settings(),
      flags: world.ports.flags(),
      resumed: null,
      ...job,
    },
    world.ports,
    {
      listener: { onAccepted: (entry) => accepted.push(entry.kind), onRecorded: () => {} },
      signal: stop.signal,
    },
  );
  end.catch(() => {});
  return { world, clock, accepted, stop, end };
}

/** Its verdict, of the shape that is promised. */
export async function verdictOf(run: Run): Promise<Verdict> {
  const { verdict } = await run.end;
  return Verdict.parse(verdict);
}

/** The error it ends with; fails where it ends well. */
export async function failureOf(run: Run): Promise<WitanError> {
  try {
    await run.end;
  } catch (error) {
    assert.instance(error, WitanError);
    return error as WitanError;
  }
  assert.unreachable('a verdict was given');
  throw new Error('unreachable');
}

/** Kinds of the entries it left on the record. */
export async function kindsIn(run: Run): Promise<string[]> {
  const entries = await run.world.ledger.byDecision(decisionOf().decisionId);
  return entries.map((entry) => entry.kind);
}
