/** Users with passwords that the node keeps itself (IAM-14): their sign-in and the setting of passwords. */
import { networkOf } from '../../../../config/network.ts';
import type { Settings } from '../../../../config/schema.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { toBase64Url } from '../../../../contracts/ledger/bytes.ts';
import type { PasswordSetUp, PasswordSignIn } from '../../../../contracts/messages/identity/sign-in.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { UserRecord } from '../../../../runtime/kernel/ports/sign-in/sign-in-store.ts';
import { secretDigest } from '../credentials/api-key.ts';
import type { SecretBytes } from '../credentials/api-key.ts';
import { unknownCaller } from '../credentials/authenticator.ts';
import { AttemptLimit } from './attempt-limit.ts';
import type { PasswordHasher } from './password-hash.ts';
import type { UserBook } from './user-book.ts';

/** Provider in the ids of local users. */
export const LOCAL_PROVIDER = 'local';

/** Id of a local user. */
export function localUserId(name: string): string {
  return `user:${LOCAL_PROVIDER}/${name}`;
}

/** Name of a user at their provider. */
export function subjectOf(userId: string): string {
  return userId.slice(userId.indexOf('/') + 1);
}

/** Name of the provider of a user. */
export function providerOf(userId: string): string {
  return userId.slice('user:'.length, userId.indexOf('/'));
}

/** What local users work with. */
export interface LocalUsersOptions {
  readonly settings: Settings['signIn'];
  readonly users: UserBook;
  readonly clock: Clock;
  readonly secretBytes: SecretBytes;
  readonly hasher: PasswordHasher;
}

/** A whole name is guessed at from many addresses: it locks after this many times the attempts of one. */
const ADDRESS_SHARE = 10;
const TOKEN_BYTES = 32;

/** See the file's head. Every refusal is alike, and takes alike long. */
export class LocalUsers {
  readonly #options: LocalUsersOptions;
  readonly #byAddress: AttemptLimit;
  readonly #byName: AttemptLimit;

  constructor(options: LocalUsersOptions) {
    this.#options = options;
    const { attemptMaxCount: maxCount, attemptWindowMs: windowMs, lockMs } = options.settings;
    this.#byAddress = new AttemptLimit({ maxCount, windowMs, lockMs }, options.clock);
    this.#byName = new AttemptLimit({ maxCount: maxCount * ADDRESS_SHARE, windowMs, lockMs }, options.clock);
  }

  /** @throws unauthenticated, rate_limited, overloaded, not_supported, storage_failed */
  async signIn({ name, password }: PasswordSignIn, remoteAddress: string | undefined): Promise<UserRecord> {
    this.assertOffered();
    const { users, hasher } = this.#options;
    const id = localUserId(name.trim().toLowerCase());
    const names = this.#take(id, remoteAddress);
    const user = await users.read(id);
    const kept = user?.password ?? null;
    if (!user || kept === null) {
      await hasher.idle(password);
      throw wrongPassword();
    }
    const isRight = await hasher.isRight(password, kept);
    const now = await users.read(id);
    if (!isRight || now?.password !== kept || now.disabledAtWallMs !== null) throw wrongPassword();
    this.#byAddress.clear(names.address);
    this.#byName.clear(names.name);
    if (!hasher.isOutdated(kept)) return now;
    const fresh = await hasher.hash(password);
    return users.change(id, (later) => (later.password === kept ? { password: fresh } : undefined));
  }

  /** Sets a password by token. @throws unauthenticated, rate_limited, invalid_argument, storage_failed */
  async setUp({ token, password }: PasswordSetUp, remoteAddress: string | undefined): Promise<UserRecord> {
    this.assertOffered();
    const { users, hasher, clock } = this.#options;
    const names = this.#take('set-up', remoteAddress, false);
    const digest = secretDigest(token);
    const user = await users.readBySetUp(digest);
    const isOpen = ({ setUp, disabledAtWallMs }: UserRecord): boolean =>
      setUp?.digest === digest && setUp.endsAtWallMs > clock.wallMs() && disabledAtWallMs === null;
    if (!user || !isOpen(user)) throw wrongToken();
    this.#byAddress.clear(names.address);
    this.#checkPassword(password, subjectOf(user.id));
    const hash = await hasher.hash(password);
    return users.change(user.id, (now) => {
      if (!isOpen(now)) throw wrongToken();
      return { password: hash, setUp: null };
    });
  }

  /** A token that sets a password once, and what is kept of it. */
  newToken(): { readonly token: string; readonly setUp: NonNullable<UserRecord['setUp']> } {
    const { secretBytes, clock, settings } = this.#options;
    const token = toBase64Url(secretBytes(TOKEN_BYTES));
    const endsAtWallMs = clock.wallMs() + settings.setUpMs;
    return { token, setUp: { digest: secretDigest(token), endsAtWallMs } };
  }

  /** @throws not_supported */
  assertOffered(): void {
    if (this.#options.settings.localUsers) return;
    throw new WitanError('not_supported', 'this node keeps no users itself', { path: 'signIn.localUsers' });
  }

  #take(id: string, remoteAddress: string | undefined, isName = true): { address: string; name: string } {
    const network = remoteAddress === undefined ? '' : networkOf(remoteAddress, { v4: 32, v6: 64 });
    // Whatever was typed may be a password in the wrong field: it is not kept as it is.
    const name = secretDigest(id);
    const address = `${network} ${name}`;
    this.#byAddress.take(address);
    if (isName) this.#byName.take(name);
    return { address, name };
  }

  /** @throws invalid_argument. Length counts, composition does not. @source NIST SP 800-63B-4 §3.1.1.2 */
  #checkPassword(password: string, name: string): void {
    const { passwordMinLength } = this.#options.settings;
    const length = [...password].length;
    const isName = password.toLowerCase().includes(name) && length < name.length + passwordMinLength;
    if (length >= passwordMinLength && !isName && new Set(password).size > 3) return;
    throw new WitanError('invalid_argument', 'the password is too easy to guess', {
      path: 'password',
      expected: `at least ${passwordMinLength} characters, not your name, not one character many times`,
    });
  }
}

function wrongPassword(): WitanError {
  return unknownCaller('name or password is wrong', 'a known name and its password');
}

function wrongToken(): WitanError {
  return unknownCaller('the link is not known, was used, or has ended', 'a new link of an administrator');
}
