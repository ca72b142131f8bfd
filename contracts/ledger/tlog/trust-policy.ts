/**
 * Which logs and witnesses a reader trusts, and how many of them must have signed.
 *
 * @source C2SP tlog-policy (syntax, groups, quorum)
 */
import { WitanError } from '../../errors.ts';
import { toHex } from '../bytes.ts';
import type { LedgerCrypto, Sha256 } from '../crypto.ts';
import { NOTE_KEY_TYPES, parseNoteKey, type NoteKey } from './note-key.ts';
import { signatureState, type OpenCheckpoint } from './open-checkpoint.ts';

/** A log or a witness of a policy. */
export interface PolicyKey {
  readonly key: NoteKey;
  /** Where it answers; of a witness its submission prefix. */
  readonly url: string | undefined;
}

/** A parsed policy file. */
export interface TrustPolicy {
  readonly logs: readonly PolicyKey[];
  /** By the name that the file gives them; order of the file. */
  readonly witnesses: ReadonlyMap<string, PolicyKey>;
  readonly groups: ReadonlyMap<string, PolicyGroup>;
  /** Name of a witness or a group; null: none is needed. */
  readonly quorum: string | null;
}

/** A group counts when at least `threshold` of its members do. */
export interface PolicyGroup {
  readonly threshold: number;
  readonly members: readonly string[];
}

const MAX_LINES = 4_096;
const MAX_LENGTH = 1_048_576;
const MAX_OF_A_KIND = 256;

/** Policy of a file's text. @throws bad_encoding with `details.line` */
export function parseTrustPolicy(text: string, sha256: Sha256): TrustPolicy {
  const reading = new PolicyReading(sha256);
  const lines = text.split('\n');
  if (text.length > MAX_LENGTH || lines.length > MAX_LINES) throw noPolicy(0, 'a shorter file');
  lines.forEach((line, at) => reading.line(line, at + 1));
  return reading.end(lines.length);
}

/** Names of the policy's witnesses whose cosignature on the checkpoint holds. Never throws. */
export function witnessesOf(
  checkpoint: OpenCheckpoint,
  policy: TrustPolicy,
  crypto: LedgerCrypto,
): { readonly good: ReadonlySet<string>; readonly bad: readonly string[] } {
  const good = new Set<string>();
  const bad: string[] = [];
  for (const [name, { key }] of policy.witnesses) {
    const { state } = signatureState(checkpoint, key, crypto);
    if (state === 'good') good.add(name);
    if (state === 'bad') bad.push(name);
  }
  return { good, bad };
}

/** Whether these witnesses are enough. O(members). */
export function hasQuorum(policy: TrustPolicy, witnesses: ReadonlySet<string>): boolean {
  const counts = (name: string): boolean => {
    const group = policy.groups.get(name);
    if (!group) return witnesses.has(name);
    return group.members.filter(counts).length >= group.threshold;
  };
  return policy.quorum === null || counts(policy.quorum);
}

class PolicyReading {
  readonly #sha256: Sha256;
  readonly #logs: PolicyKey[] = [];
  readonly #witnesses = new Map<string, PolicyKey>();
  readonly #groups = new Map<string, PolicyGroup>();
  readonly #keys = new Set<string>();
  readonly #placed = new Set<string>();
  #quorum: string | null | undefined;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  line(text: string, at: number): void {
    // Bytes from 0x80 on are opaque; the only control characters are tab and newline.
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) throw noPolicy(at, 'no control characters');
    const items = text.split(/[ \t]+/).filter((item) => item !== '');
    const [word, ...rest] = items;
    if (word === undefined || word.startsWith('#')) return;
    if (word === 'log') this.#log(rest, at);
    else if (word === 'witness') this.#witness(rest, at);
    else if (word === 'group') this.#group(rest, at);
    else if (word === 'quorum') this.#setQuorum(rest, at);
    else throw noPolicy(at, 'log, witness, group or quorum');
  }

  end(at: number): TrustPolicy {
    if (this.#quorum === undefined) throw noPolicy(at, 'exactly one quorum line');
    return {
      logs: this.#logs,
      witnesses: this.#witnesses,
      groups: this.#groups,
      quorum: this.#quorum,
    };
  }

  #log(items: readonly string[], at: number): void {
    const [text, url, ...more] = items;
    if (text === undefined || more.length > 0 || this.#logs.length >= MAX_OF_A_KIND)
      throw noPolicy(at, 'log KEY [URL]');
    const key = this.#key(text, { at, kind: 'log' });
    if (key.type === NOTE_KEY_TYPES.cosignature) throw noPolicy(at, "a log's key");
    this.#logs.push({ key, url });
  }

  #witness(items: readonly string[], at: number): void {
    const [name, text, url, ...more] = items;
    if (name === undefined || text === undefined || more.length > 0)
      throw noPolicy(at, 'witness NAME KEY [URL]');
    this.#claim(name, at);
    const key = this.#key(text, { at, kind: 'witness' });
    if (key.type === NOTE_KEY_TYPES.ed25519) throw noPolicy(at, 'a key of cosignatures (0x04 or 0x06)');
    this.#witnesses.set(name, { key, url });
  }

  #group(items: readonly string[], at: number): void {
    const [name, rule, ...members] = items;
    if (name === undefined || rule === undefined || members.length === 0)
      throw noPolicy(at, 'group NAME all|any|K MEMBER…');
    for (const member of members) {
      if (!this.#isDefined(member)) throw noPolicy(at, `${member} to be defined before`);
      if (this.#placed.has(member)) throw noPolicy(at, `${member} in one group, once`);
      this.#placed.add(member);
    }
    this.#claim(name, at);
    const numeric = /^[1-9][0-9]{0,4}$/.test(rule) ? Number(rule) : NaN;
    const threshold = rule === 'all' ? members.length : rule === 'any' ? 1 : numeric;
    if (!(threshold >= 1 && threshold <= members.length))
      throw noPolicy(at, `all, any or 1 to ${members.length}`);
    this.#groups.set(name, { threshold, members });
  }

  #setQuorum(items: readonly string[], at: number): void {
    const [name, ...more] = items;
    if (name === undefined || more.length > 0 || this.#quorum !== undefined)
      throw noPolicy(at, 'one line: quorum NAME');
    if (name !== 'none' && !this.#isDefined(name)) throw noPolicy(at, `${name} to be defined before`);
    this.#quorum = name === 'none' ? null : name;
  }

  #key(text: string, { at, kind }: { readonly at: number; readonly kind: string }): NoteKey {
    let key: NoteKey;
    try {
      key = parseNoteKey(text, this.#sha256);
    } catch (error) {
      throw noPolicy(at, (error as WitanError).details?.expected ?? 'a key');
    }
    // The same key under two names would count twice.
    const material = `${kind} ${toHex(key.publicKey)}`;
    if (this.#keys.has(material)) throw noPolicy(at, `each ${kind}'s key once`);
    this.#keys.add(material);
    return key;
  }

  #claim(name: string, at: number): void {
    if (name === 'none' || this.#isDefined(name)) throw noPolicy(at, 'a name of its own');
    if (this.#witnesses.size + this.#groups.size >= MAX_OF_A_KIND * 2) throw noPolicy(at, 'fewer names');
  }

  #isDefined(name: string): boolean {
    return this.#witnesses.has(name) || this.#groups.has(name);
  }
}

function noPolicy(line: number, expected: string): WitanError {
  const details = { path: `line ${line}`, line, expected };
  return new WitanError('bad_encoding', `not a trust policy, line ${line}: expected ${expected}`, details);
}
