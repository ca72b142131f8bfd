/** What signing in leaves on the record: who by a keyed hash, what, when; failures as numbers. */
import { networkOf } from '../../../../config/network.ts';
import { toWitanError } from '../../../../contracts/errors.ts';
import type { WitanError } from '../../../../contracts/errors.ts';
import type { OperationName } from '../../../../contracts/operations.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import type { SignInCaller } from '../../../../runtime/kernel/ports/sign-in/sign-in.ts';
import type { TelemetryPort } from '../../../../runtime/kernel/ports/telemetry.ts';
import { DenialBook } from '../denial-book.ts';
import type { SecretBox } from './secret-box.ts';

/** What the audit works with. */
export interface SignInAuditOptions {
  readonly ledger: Pick<LedgerPort, 'append'>;
  readonly clock: Clock;
  readonly box: SecretBox;
  readonly telemetry?: TelemetryPort | undefined;
}

/** Something that happened to a user or their session. */
export interface SignInEvent {
  readonly action:
    | 'sign-in'
    | 'second-factor-shown'
    | 'sign-out'
    | 'session-refused-by-provider'
    | 'password-set'
    | 'second-factor-enrolled'
    | 'second-factor-reset'
    | 'user-create'
    | 'user-disable'
    | 'user-enable'
    | 'user-set-up';
  readonly userId: string;
  readonly tenant: string;
  /** Id of an administrator's key or `local`; a user is hashed. Absent: the user themselves. */
  readonly by?: string | undefined;
  readonly [detail: string]: unknown;
}

const ADDRESS_BITS = { v4: 24, v6: 48 };

/** See the file's head. */
export class SignInAudit {
  readonly #options: SignInAuditOptions;
  readonly #denials = new DenialBook();
  #writing: Promise<void> = Promise.resolve();

  constructor(options: SignInAuditOptions) {
    this.#options = options;
  }

  /** Resolves when the entry is durable. @throws storage_failed, unavailable */
  async record({ userId, by, ...event }: SignInEvent): Promise<void> {
    const at = new Date(this.#options.clock.wallMs()).toISOString();
    const user = this.nameOf(userId);
    const who = by === undefined ? user : this.nameOf(by);
    await this.#options.ledger.append({
      kind: 'admin',
      tenant: event.tenant,
      payload: { ...event, user, by: who, at },
    });
  }

  /** As {@link record}; a fault is logged, because what it tells of has happened already. */
  tell(event: SignInEvent): Promise<void> {
    return this.record(event).catch((error: unknown) => this.#fault(error));
  }

  /** Notes an attempt that failed and gives the error to answer with. */
  failed(thrown: unknown, operation: OperationName, caller: Failure): WitanError {
    const error = toWitanError(thrown);
    const { code } = error;
    const { remoteAddress, userId } = caller;
    const from = remoteAddress === undefined ? 'door http' : networkOf(remoteAddress, ADDRESS_BITS);
    const by = userId === undefined ? from : this.nameOf(userId);
    const denial = { by, tenant: caller.tenant ?? 'system', operation, code, door: 'http' as const };
    this.#options.telemetry?.log('warn', '/platform/sign-in', 'sign-in refused', { ...denial });
    if (this.#denials.note(denial, this.#options.clock.wallMs())) void this.write();
    return error;
  }

  /** Ends the window of repeated failures and writes them. */
  closeWindow(): Promise<void> {
    this.#denials.closeWindow();
    return this.write();
  }

  /** Writes what is due; what cannot be written stays due. Never rejects. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#append());
    return this.#writing;
  }

  /** A user by a keyed hash that stays the same; anything else as it is. */
  nameOf(id: string): string {
    return id.startsWith('user:') ? `user#${this.#options.box.digest('subject', id)}` : id;
  }

  async #append(): Promise<void> {
    const entries = this.#denials.take();
    for (const [at, payload] of entries.entries()) {
      try {
        await this.#options.ledger.append({ kind: 'event', tenant: payload.tenant, payload });
      } catch (error) {
        this.#denials.putBack(entries.slice(at));
        return this.#fault(error);
      }
    }
  }

  #fault(error: unknown): void {
    this.#options.telemetry?.log('error', '/platform/sign-in', 'an entry could not be recorded', {
      error: String(error),
    });
  }
}

/** Whose attempt failed, as far as that is known. */
export type Failure = Pick<SignInCaller, 'remoteAddress'> & {
  readonly userId?: string | undefined;
  readonly tenant?: string | undefined;
};
