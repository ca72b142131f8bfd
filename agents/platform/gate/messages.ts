/** Mailbox of `/platform/gate`: what changes keys, and what the gate itself has to say. */
import type { WitanError } from '../../../contracts/errors.ts';
import type { ActorRef } from '../../../runtime/kernel/index.ts';
import type { ApiKeyRecord } from '../../../runtime/kernel/ports/admission/identity-store.ts';
import type { Principal } from '../../../runtime/kernel/ports/identity.ts';

/** What a new key is to be. */
export interface KeyRequest {
  /** Absent: the caller's own. */
  readonly tenant?: string | undefined;
  readonly label?: string | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** Absent: `identity.keyLifeDays`. */
  readonly lifeDays?: number | undefined;
}

/** A key that was just made: the only time that its text exists outside its owner's hands. */
export interface MadeKey {
  readonly record: ApiKeyRecord;
  readonly text: string;
}

/** Answer to a change of keys. */
export type KeyReply =
  | { readonly type: 'key-made'; readonly made: MadeKey }
  | { readonly type: 'key-changed'; readonly record: ApiKeyRecord }
  | { readonly type: 'failed'; readonly error: WitanError };

/** A change of keys, asked for by a principal that the gate let in. */
export type KeyChange =
  | { readonly type: 'create-key'; readonly by: Principal; readonly request: KeyRequest }
  /** `graceMs` absent: `identity.keyGraceMs`. */
  | { readonly type: 'rotate-key'; readonly by: Principal; readonly id: string; readonly graceMs?: number }
  | { readonly type: 'revoke-key'; readonly by: Principal; readonly id: string; readonly reason: string }
  /** Makes the first administrator: asked by this machine, or with the one-time token. */
  | { readonly type: 'bootstrap'; readonly by: Principal; readonly token?: string | undefined };

/** Everything in the mailbox of `/platform/gate`. */
export type GateMessage =
  | (KeyChange & { readonly replyTo: ActorRef<KeyReply> })
  | { readonly type: 'write-denials' }
  | { readonly type: 'close-window' }
  | { readonly type: 'credits-used' }
  | { readonly type: 'store-credits' }
  /** Reads the keys; answered also when that fails. */
  | { readonly type: 'refresh'; readonly replyTo?: ActorRef<{ readonly keyCount: number }> | undefined }
  | { readonly type: 'key-used'; readonly id: string; readonly day: number }
  /** A piece of work of the actor itself has ended. */
  | { readonly type: 'done'; readonly finish: () => void };
