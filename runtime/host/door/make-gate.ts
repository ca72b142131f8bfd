/** The gate of a node, from its settings and stores: the object that doors ask and the actor that keeps it. */
import { randomBytes } from 'node:crypto';
import { spawnGate } from '../../../agents/platform/gate/gate-actor.ts';
import { TokenVerifier } from '../../../agents/platform/gate/credentials/token-verifier.ts';
import type { CredentialKind } from '../../../agents/platform/gate/credentials/authenticator.ts';
import { Gate } from '../../../agents/platform/gate/gate.ts';
import type { Settings } from '../../../config/schema.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { IdentityPort } from '../../kernel/ports/identity.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import { SharedLimiter } from '../../../agents/platform/gate/limits/shared-limiter.ts';
import { HttpOut } from '../../store/http-out.ts';
import type { NodeStores } from '../record/open-stores.ts';

import { bootstrapTokenAt } from './bootstrap-token.ts';

/** What a gate is made from. */
export interface GateParts {
  readonly settings: Settings;
  readonly stores: NodeStores;
  readonly clock: Clock;
  /** Sessions of people who sign in. */
  readonly sessions?: CredentialKind | undefined;
  readonly telemetry?: TelemetryPort | undefined;
  /** Replaces authentication. */
  readonly identity?: IdentityPort | undefined;
}

/** A gate and the child of `/platform` that opens it. */
export interface NodeGate {
  readonly gate: Gate;
  readonly child: ChildSpec;
}

/** Makes the gate; it is closed until its actor has started. */
export function makeGate({ settings, stores, clock, telemetry, identity, sessions }: GateParts): NodeGate {
  const tokens = tokenVerifier(settings.identity, clock, telemetry);
  const { counter } = stores;
  const maxCount = settings.admission.limitedAddressMaxCount;
  const callerLimiter = counter ? new SharedLimiter({ counter, clock, maxCount, telemetry }) : undefined;
  const given = { settings, clock, telemetry, foreignIdentity: identity, tokens, sessions, callerLimiter };
  const gate = new Gate({ ...given, secretBytes: randomBytes });
  const ports = {
    gate,
    store: stores.identities,
    ledger: stores.ledger,
    clock,
    secretBytes: randomBytes,
    settings: settings.identity,
    onEnd: () => callerLimiter?.close(),
    bootstrapToken: stores.folder ? bootstrapTokenAt(stores.folder.bootstrapToken) : null,
  };
  return { gate, child: { id: 'gate', start: (parent) => spawnGate(parent, ports) } };
}

/** Verifier of the issuers that are configured; it may reach their key sets and nothing else. */
function tokenVerifier(
  settings: Settings['identity'],
  clock: Clock,
  telemetry: TelemetryPort | undefined,
): TokenVerifier | undefined {
  if (settings.issuers.length === 0) return undefined;
  const urls = settings.issuers.flatMap(({ keysUrl }) => (keysUrl === undefined ? [] : [keysUrl]));
  const allowedOrigins = [...new Set(urls.map((url) => new URL(url).origin))];
  return new TokenVerifier({ settings, clock, telemetry, http: new HttpOut({ clock, allowedOrigins }) });
}
