/**
 * `/platform/audit/retention`: ends the keys of what `record.retentionYears` is over for, once a day.
 *
 * It keeps nothing but where to begin. A pass that was cut off is begun again: what it destroyed is passed
 * over, and an erasure that it had begun is gone on with by `/platform/audit/erasure`.
 */
import { spawn } from '../../../../runtime/kernel/index.ts';
import type { ActorContext, ActorRef, Parent } from '../../../../runtime/kernel/index.ts';
import type { RetentionPorts } from './ports.ts';
import { RetentionPass } from './retention-pass.ts';

/** What the actor tells itself. */
export interface RetentionMessage {
  readonly type: 'round';
}

/** First pass after the start, ms: a clock that starts out wrong has been set right by then. */
export const FIRST_PASS_MS = 3_600_000;
/** From the end of a pass to the next, ms. */
export const PASS_EVERY_MS = 86_400_000;
/** From one round to the next, ms: others come in between. */
const ROUND_PAUSE_MS = 20;
/** After a round that failed, ms. */
const RETRY_MS = 60_000;

type Ctx = ActorContext<RetentionMessage>;
type State = RetentionPass | null;

/** Starts `<parent>/retention`. */
export function spawnRetention(parent: Parent, ports: RetentionPorts): ActorRef<RetentionMessage> {
  return spawn<State, RetentionMessage>(
    parent,
    async (pass, _message, ctx) => {
      try {
        return await round(pass, ports, ctx);
      } catch (error) {
        ctx.log.error('a round of retention failed; it is begun again', { error: String(error) });
        plan(ctx, RETRY_MS);
        return null;
      }
    },
    'retention',
    {
      initialStateFunc: (ctx) => {
        plan(ctx, FIRST_PASS_MS);
        return null;
      },
      behaviorName: 'retention',
      stateName: (pass) => (pass === null ? 'waiting' : 'reading'),
      onCrash: () => 'reset',
    },
  );
}

async function round(pass: State, ports: RetentionPorts, ctx: Ctx): Promise<State> {
  const current = pass ?? (await beginPass(ports, ctx.system.clock.wallMs()));
  await current.round();
  if (!current.isAtEnd) {
    plan(ctx, ROUND_PAUSE_MS);
    return current;
  }
  await endPass(current, ports);
  plan(ctx, PASS_EVERY_MS);
  return null;
}

/** A pass from where the last one left off. @throws verification_failed, storage_failed */
export async function beginPass(ports: RetentionPorts, nowWallMs: number): Promise<RetentionPass> {
  const mark = await ports.store.retentionMark();
  const before = mark && mark.fromIndex > 0 ? await ports.recorded.entry(mark.fromIndex - 1) : undefined;
  // A log that was restored to an earlier time is another one from there on.
  const isOfThisLog = before !== undefined && before.leafHash === mark?.leafHash;
  return new RetentionPass(ports, { fromIndex: isOfThisLog ? mark!.fromIndex : 0, nowWallMs });
}

/** Ends a pass that has read all, and notes where the next one begins. @throws storage_failed, unavailable */
export async function endPass(pass: RetentionPass, ports: RetentionPorts): Promise<void> {
  const fromIndex = await pass.finish();
  const before = fromIndex > 0 ? await ports.recorded.entry(fromIndex - 1) : undefined;
  const leafHash = before?.leafHash ?? null;
  await ports.store.saveRetentionMark({ format: 'witan-retention/1', fromIndex, leafHash });
}

function plan(ctx: Ctx, afterMs: number): void {
  ctx.setTimer('round', afterMs, { type: 'round' });
}
