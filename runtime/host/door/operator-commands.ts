/** What operators may do to one actor: recorded first, then done (RUN-15). */
import { WitanError } from '../../../contracts/errors.ts';
import type { OperatorCommand } from '../../../transport/http/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { ActorSystem } from '../../kernel/index.ts';
import type { Principal } from '../../kernel/ports/identity.ts';
import type { LedgerPort } from '../../kernel/ports/ledger.ts';

/** One command and who gives it. */
export interface ActorCommand {
  readonly path: string;
  readonly command: OperatorCommand;
  readonly principal: Principal;
}

/**
 * Carries a command out; without a durable audit entry nothing is done.
 * @throws not_found, storage_failed, unavailable
 */
export async function commandActor(
  { path, command, principal }: ActorCommand,
  { system, ledger, clock }: { system: ActorSystem; ledger: LedgerPort; clock: Clock },
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
    payload: { action: `actor-${command}`, path, by: principal.id, at },
  });
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
