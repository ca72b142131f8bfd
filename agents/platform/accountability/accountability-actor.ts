/** `/platform/accountability`: keeps investigations; each change is an entry of the log before it counts. */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { Investigation } from '../../../contracts/messages/accountability/investigation.ts';
import { spawn } from '../../../runtime/kernel/index.ts';
import type { ActorRef, Parent } from '../../../runtime/kernel/index.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import type { LedgerPort } from '../../../runtime/kernel/ports/ledger.ts';
import { eventEntry, investigationOf, recordKeyOf } from './investigation/investigation-events.ts';
import type { EventStamp, InvestigationEvent } from './investigation/investigation-events.ts';

/** Answer of the actor. */
export type AccountabilityReply =
  | { readonly type: 'investigation'; readonly investigation: Investigation }
  | { readonly type: 'failed'; readonly error: WitanError };

/** Mailbox of `/platform/accountability`; changes are made one after the other. */
export interface AccountabilityMessage {
  readonly type: 'change';
  readonly id: string;
  readonly tenant: string;
  readonly by: string;
  readonly event: InvestigationEvent;
  readonly replyTo: ActorRef<AccountabilityReply>;
}

/** What the actor works with. */
export interface AccountabilityPorts {
  readonly ledger: Pick<LedgerPort, 'append' | 'byDecision'>;
  readonly clock: Clock;
}

/** Notes of one investigation. */
const NOTE_MAX_COUNT = 1_000;

/**
 * Starts `<parent>/accountability`. It holds no state of its own: what an investigation is stands in the log,
 * so that a crash at any point loses nothing that was answered.
 */
export function spawnAccountability(
  parent: Parent,
  ports: AccountabilityPorts,
): ActorRef<AccountabilityMessage> {
  return spawn<number, AccountabilityMessage>(
    parent,
    async (count, message) => {
      let reply: AccountabilityReply;
      try {
        reply = { type: 'investigation', investigation: await change(message, ports) };
      } catch (error) {
        reply = { type: 'failed', error: toWitanError(error) };
      }
      message.replyTo.tell(reply);
      return count + 1;
    },
    'accountability',
    {
      initialState: 0,
      behaviorName: 'accountability',
      stateName: (count) => `${count} changes`,
      onCrash: () => 'reset',
    },
  );
}

async function change(
  { id, tenant, by, event }: AccountabilityMessage,
  { ledger, clock }: AccountabilityPorts,
): Promise<Investigation> {
  const known = investigationOf(id, await ledger.byDecision(recordKeyOf(id)));
  checkChange(event, known, { id, tenant });
  const at = new Date(clock.wallMs()).toISOString();
  const stamp: EventStamp = { id, tenant, by, at };
  await ledger.append(eventEntry(event, stamp));
  return investigationOf(id, await ledger.byDecision(recordKeyOf(id)))!.investigation;
}

function checkChange(
  { event }: InvestigationEvent,
  known: ReturnType<typeof investigationOf>,
  { id, tenant }: { readonly id: string; readonly tenant: string },
): void {
  if (event === 'investigation-opened') {
    if (!known) return;
    throw new WitanError('already_exists', `there is an investigation ${id}`, { path: 'id' });
  }
  if (!known || known.tenant !== tenant) {
    throw new WitanError('not_found', `there is no investigation ${id}`, {
      path: 'id',
      expected: 'the id of an investigation',
    });
  }
  const { state, notes } = known.investigation;
  if (state === 'closed' && event !== 'investigation-exported') {
    throw new WitanError('conflict', 'the investigation is closed', { path: 'id', expected: 'an open one' });
  }
  if (event === 'investigation-note' && notes.length >= NOTE_MAX_COUNT) {
    throw new WitanError('too_large', `an investigation holds ${NOTE_MAX_COUNT} notes`, { path: 'text' });
  }
}
