/** `/system/telemetry`: changes the level of the log while the node runs; operators ask, and it is audited. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import { spawnStateless } from '../../kernel/index.ts';
import type { ActorRef } from '../../kernel/index.ts';
import type { LogLevel } from '../../kernel/ports/telemetry.ts';
import type { NodeTelemetry } from '../../telemetry/node-telemetry.ts';

/** What the actor takes. */
export interface TelemetryMessage {
  readonly type: 'set-level';
  readonly level: LogLevel | 'silent';
  readonly replyTo: ActorRef<TelemetryReply>;
}

/** Answer of the actor: the level, or why it stays. */
export type TelemetryReply = { readonly level: LogLevel | 'silent' } | { readonly error: WitanError };

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** The actor as a child of `/system`. */
export function telemetryChild(telemetry: NodeTelemetry): ChildSpec {
  return {
    id: 'telemetry',
    start: (parent) =>
      spawnStateless<TelemetryMessage>(
        parent,
        ({ level, replyTo }) => replyTo.tell(setLevel(telemetry, level)),
        'telemetry',
        { behaviorName: 'telemetry', onCrash: () => 'resume' },
      ),
  };
}

function setLevel(telemetry: NodeTelemetry, level: LogLevel | 'silent'): TelemetryReply {
  if (!LEVELS.includes(level)) {
    const details = { path: 'level', expected: LEVELS.join(', ') };
    return { error: new WitanError('invalid_argument', 'no such level', details) };
  }
  if (telemetry.setLevel(level)) return { level };
  return { error: new WitanError('not_supported', 'the log of this node has no level to change') };
}
