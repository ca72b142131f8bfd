/** What operators may do to one actor: recorded first, then done (RUN-15). */
import { WitanError } from '../../../contracts/errors.ts';
import type { OperatorCommand } from '../../../transport/http/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { query } from '../../kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../kernel/index.ts';
import type { Principal } from '../../kernel/ports/identity.ts';
import type { LedgerPort } from '../../kernel/ports/ledger.ts';

/** One command and who gives it. */
export interface ActorCommand {
  readonly path: string;
  readonly command: OperatorCommand;
  readonly principal: Principal;
}

/** What commands need of the node. */
export interface CommandParts {
  readonly system: ActorSystem;
  readonly ledger: LedgerPort;
  readonly clock: Clock;
}

/** Time that an actor has to answer a diagnostic message, ms. */
const DIAGNOSIS_MS = 5_000;

/**
 * Carries a command out; without a durable audit entry nothing is done.
 * @throws not_found, storage_failed, unavailable
 */
export async function commandActor(
  { path, command, principal }: ActorCommand,
  { system, ledger, clock }: CommandParts,
): Promise<void> {
  await audit({ path, action: `actor-${command}`, principal }, { system, ledger, clock });
  switch (command) {
    case 'stop':
      return system.stopActor(path);
    case 'restart':
      return system.restart(path);
    case 'pause':
      return system.pause(path);
    case 'resume':
      return system.resume(path);
  }
}

/**
 * Asks an actor with a message of the operator's; its answer must be something that JSON can hold.
 * @throws not_found, deadline_exceeded, crashed, stopped, storage_failed, unavailable
 */
export async function diagnoseActor(
  {
    path,
    message,
    principal,
  }: { readonly path: string; readonly message: object; readonly principal: Principal },
  parts: CommandParts,
): Promise<unknown> {
  await audit({ path, action: 'actor-diagnose', principal }, parts);
  const { system } = parts;
  const ref = system.resolve(path) as ActorRef<unknown>;
  return query(ref, (replyTo: ActorRef<unknown>) => ({ ...message, replyTo }), {
    timeoutMs: DIAGNOSIS_MS,
    via: system,
  });
}

async function audit(
  { path, action, principal }: { path: string; action: string; principal: Principal },
  { system, ledger, clock }: CommandParts,
): Promise<void> {
  if (path === '/' || !system.find(path)) {
    throw new WitanError('not_found', `there is no actor at ${path}`, {
      path: 'path',
      expected: 'a live actor',
    });
  }
  const at = new Date(clock.wallMs()).toISOString();
  await ledger.append({
    kind: 'admin',
    tenant: principal.tenant,
    payload: { action, path, by: principal.id, at },
  });
}
