/** The second factor of users: set up, shown, taken away (IAM-06). */
import type { Settings } from '../../../../../config/schema.ts';
import { WitanError } from '../../../../../contracts/errors.ts';
import type { FactorSecret } from '../../../../../contracts/messages/identity/sign-in.ts';
import type { Clock } from '../../../../../runtime/kernel/clock.ts';
import type { FactorRecord, UserRecord } from '../../../../../runtime/kernel/ports/sign-in/sign-in-store.ts';
import type { SecretBytes } from '../../credentials/api-key.ts';
import { unknownCaller } from '../../credentials/authenticator.ts';
import { AttemptLimit } from '../attempt-limit.ts';
import type { PasswordHasher } from '../password-hash.ts';
import type { SecretBox } from '../secret-box.ts';
import type { UserBook } from '../user-book.ts';
import { newRecoveryCodes, plainRecoveryCode } from './recovery-codes.ts';
import { factorUri, newFactorSecret, stepOfCode } from './time-codes.ts';

/** What second factors work with. */
export interface SecondFactorOptions {
  readonly settings: Settings['signIn'];
  readonly users: UserBook;
  readonly clock: Clock;
  readonly secretBytes: SecretBytes;
  readonly box: SecretBox;
  readonly hasher: PasswordHasher;
}

/** A secret that was shown and not confirmed yet. Lies sealed with the session it was shown to. */
export interface PendingFactor {
  readonly secret: string;
  readonly endsAtWallMs: number;
}

const PURPOSE = 'factor';

/** See the file's head. Every look at a code counts as an attempt of its user. */
export class SecondFactor {
  readonly #options: SecondFactorOptions;
  readonly #limit: AttemptLimit;

  constructor(options: SecondFactorOptions) {
    this.#options = options;
    const { attemptMaxCount: maxCount, attemptWindowMs: windowMs, lockMs } = options.settings;
    this.#limit = new AttemptLimit({ maxCount, windowMs, lockMs }, options.clock);
  }

  /** Makes a secret for a user; it counts for nothing before `confirm`. @throws conflict */
  enrol(user: UserRecord, label: string): { readonly shown: FactorSecret; readonly pending: PendingFactor } {
    assertNone(user);
    const { clock, settings, secretBytes } = this.#options;
    const secret = newFactorSecret(secretBytes);
    const pending = { secret, endsAtWallMs: clock.wallMs() + settings.flowMs };
    return { shown: { secret, uri: factorUri(secret, label) }, pending };
  }

  /**
   * Puts a secret in force by a code of it; gives the recovery codes.
   * @throws conflict, unauthenticated, rate_limited
   */
  async confirm(user: UserRecord, pending: PendingFactor | undefined, code: string): Promise<string[]> {
    assertNone(user);
    const { clock, box, hasher, secretBytes, users } = this.#options;
    if (!pending || pending.endsAtWallMs <= clock.wallMs()) {
      throw new WitanError('conflict', 'no second factor is being set up', {
        expected: 'a new secret first',
      });
    }
    this.#limit.take(user.id);
    const nowWallMs = clock.wallMs();
    const step = stepOfCode(pending.secret, code, { nowWallMs, afterStep: -1 });
    if (step === undefined) throw wrongCode();
    const codes = newRecoveryCodes(secretBytes);
    const factor: FactorRecord = {
      sealed: box.seal(PURPOSE, { user: user.id, secret: pending.secret }),
      confirmedAtWallMs: nowWallMs,
      lastStep: step,
      recovery: await hasher.hashCodes(codes.map((one) => plainRecoveryCode(one)!)),
    };
    await users.change(user.id, (now) => {
      assertNone(now);
      return { factor };
    });
    this.#limit.clear(user.id);
    return codes;
  }

  /**
   * Takes a code of the authenticator or a recovery code, each once: when it resolves, its use is durable.
   * @throws unauthenticated, conflict (there is no second factor), rate_limited, storage_failed
   */
  async show(user: UserRecord, code: string): Promise<{ readonly recoveryLeft: number | null }> {
    const { factor } = user;
    if (!factor) {
      throw new WitanError('conflict', 'the second factor is not set up', { expected: 'to set it up first' });
    }
    this.#limit.take(user.id);
    const typed = code.replaceAll(/\s/g, '');
    const plain = /^\d{6}$/.test(typed) ? undefined : plainRecoveryCode(typed);
    const result =
      plain === undefined ? await this.#step(user.id, factor, typed) : await this.#recover(user, plain);
    this.#limit.clear(user.id);
    return result;
  }

  async #step(id: string, factor: FactorRecord, code: string): Promise<{ readonly recoveryLeft: null }> {
    const kept = this.#options.box.open(PURPOSE, factor.sealed) as
      { user: string; secret: string } | undefined;
    if (kept?.user !== id) throw new WitanError('verification_failed', 'the second factor cannot be read');
    const nowWallMs = this.#options.clock.wallMs();
    const step = stepOfCode(kept.secret, code, { nowWallMs, afterStep: factor.lastStep });
    if (step === undefined) throw wrongCode();
    await this.#options.users.change(id, ({ factor: now }) => {
      // Two at once with one code: the second finds its step taken.
      if (!now || now.sealed !== factor.sealed || now.lastStep >= step) throw wrongCode();
      return { factor: { ...now, lastStep: step } };
    });
    return { recoveryLeft: null };
  }

  async #recover(user: UserRecord, plain: string): Promise<{ readonly recoveryLeft: number }> {
    const kept = user.factor!.recovery;
    const at = await this.#options.hasher.find(plain, kept);
    if (at < 0) throw wrongCode();
    const changed = await this.#options.users.change(user.id, ({ factor: now }) => {
      if (!now?.recovery.includes(kept[at]!)) throw wrongCode();
      return { factor: { ...now, recovery: now.recovery.filter((one) => one !== kept[at]) } };
    });
    return { recoveryLeft: changed.factor!.recovery.length };
  }
}

function assertNone({ factor }: UserRecord): void {
  if (!factor) return;
  throw new WitanError('conflict', 'the second factor is set up', {
    expected: 'an administrator to reset it',
  });
}

function wrongCode(): WitanError {
  return unknownCaller('the code is not right, or was used before', 'a fresh code');
}
