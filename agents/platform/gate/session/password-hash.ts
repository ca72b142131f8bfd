/** Hashes of passwords and recovery codes: scrypt, with its parameters beside each hash (IAM-14). */
import { scrypt, timingSafeEqual } from 'node:crypto';
import { WitanError } from '../../../../contracts/errors.ts';
import type { SecretBytes } from '../credentials/api-key.ts';

interface Parameters {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Uint8Array;
}

/** PHC string: `$scrypt$ln=17,r=8,p=1$<salt>$<hash>`, base64 without padding. */
const FORM = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** A hash takes 128 MiB at the default cost: two at once are as many as a node can spare. */
const LANE_COUNT = 2;
const WAITING_MAX_COUNT = 64;
/** A record with more than this was not written here. */
const LN_MAX = 20;
/** Codes have 50 random bits: a lower cost leaves them out of reach, and ten of them are hashed at once. */
const CODE_LN = 14;

/** See the file's head. @source RFC 7914; OWASP Password Storage (N = 2^17, r = 8, p = 1) */
export class PasswordHasher {
  readonly #ln: number;
  readonly #secretBytes: SecretBytes;
  readonly #lanes: Promise<unknown>[] = Array.from({ length: LANE_COUNT }, () => Promise.resolve());
  #next = 0;
  #waitingCount = 0;

  /** `ln`: N is 2^ln. */
  constructor(ln: number, secretBytes: SecretBytes) {
    this.#ln = ln;
    this.#secretBytes = secretBytes;
  }

  /** @throws overloaded */
  hash(password: string): Promise<string> {
    return this.#make(password, { ln: this.#ln, r: 8, p: 1, salt: this.#secretBytes(SALT_BYTES) });
  }

  /** Hashes under one salt, so that one derivation finds which of them a code is. @throws overloaded */
  async hashCodes(codes: readonly string[]): Promise<string[]> {
    const parameters = { ln: CODE_LN, r: 8, p: 1, salt: this.#secretBytes(SALT_BYTES) };
    return Promise.all(codes.map((code) => this.#make(code, parameters)));
  }

  /** In constant time where it stands. @throws overloaded */
  async isRight(password: string, kept: string): Promise<boolean> {
    return (await this.find(password, [kept])) === 0;
  }

  /** Index of the hash that a text has; -1: none. One derivation for all hashes under one salt. */
  async find(text: string, kept: readonly string[]): Promise<number> {
    const derived = new Map<string, Buffer>();
    let found = -1;
    for (const [at, one] of kept.entries()) {
      const form = FORM.exec(one);
      if (!form || Number(form[1]) > LN_MAX) continue;
      const expected = Buffer.from(form[5]!, 'base64');
      const key = `${one.slice(0, one.lastIndexOf('$'))} ${expected.length}`;
      let actual = derived.get(key);
      if (!actual) {
        actual = await this.#derive(text, parametersOf(form), expected.length);
        derived.set(key, actual);
      }
      if (timingSafeEqual(actual, expected)) found = at;
    }
    return found;
  }

  /** Takes as long as a look at a kept hash: an unknown name must not answer faster than a wrong password. */
  async idle(password: string): Promise<void> {
    await this.#derive(password, { ln: this.#ln, r: 8, p: 1, salt: new Uint8Array(SALT_BYTES) }, HASH_BYTES);
  }

  /** Whether a kept hash was made with other parameters than those in force. */
  isOutdated(kept: string): boolean {
    const form = FORM.exec(kept);
    return !form || Number(form[1]) !== this.#ln || form[2] !== '8' || form[3] !== '1';
  }

  async #make(text: string, parameters: Parameters): Promise<string> {
    const hash = await this.#derive(text, parameters, HASH_BYTES);
    const { ln, r, p, salt } = parameters;
    return `$scrypt$ln=${ln},r=${r},p=${p}$${plain(Buffer.from(salt))}$${plain(hash)}`;
  }

  #derive(text: string, { ln, r, p, salt }: Parameters, byteCount: number): Promise<Buffer> {
    if (this.#waitingCount >= WAITING_MAX_COUNT) {
      throw new WitanError('overloaded', 'too many passwords are being checked', { retryAfterMs: 2_000 });
    }
    this.#waitingCount += 1;
    const options = { N: 2 ** ln, r, p, maxmem: 2 ** ln * r * 128 + 1_048_576 * (p + 1) };
    const work = (): Promise<Buffer> =>
      new Promise((resolve, reject) => {
        scrypt(text.normalize('NFC'), salt, byteCount, options, (error, key) => {
          this.#waitingCount -= 1;
          if (error) reject(error);
          else resolve(key);
        });
      });
    const lane = this.#next;
    this.#next = (lane + 1) % LANE_COUNT;
    const turn = this.#lanes[lane]!.then(work);
    this.#lanes[lane] = turn.catch(() => undefined);
    return turn;
  }
}

function parametersOf(form: RegExpExecArray): Parameters {
  return {
    ln: Number(form[1]),
    r: Number(form[2]),
    p: Number(form[3]),
    salt: Buffer.from(form[4]!, 'base64'),
  };
}

function plain(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
