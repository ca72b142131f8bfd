/**
 * `/platform/audit/cosigner`: a witness of other logs. It vouches for a checkpoint only after its own memory
 * of that checkpoint is on the disk, and handles one request at a time, so that no two answers can disagree.
 */
import { toWitanError } from '../../../../contracts/errors.ts';
import type { LedgerCrypto } from '../../../../contracts/ledger/crypto.ts';
import type { AddCheckpoint } from '../../../../contracts/ledger/tlog/add-checkpoint.ts';
import { cosignatureLine, type WitnessSigner } from '../../../../contracts/ledger/tlog/cosign.ts';
import type { NoteKey } from '../../../../contracts/ledger/tlog/note-key.ts';
import { noteOfKeys, type OpenCheckpoint } from '../../../../contracts/ledger/tlog/open-checkpoint.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import { spawn } from '../../../../runtime/kernel/index.ts';
import type { ActorContext, ActorRef, Parent } from '../../../../runtime/kernel/index.ts';
import type { LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import type { TelemetryPort } from '../../../../runtime/kernel/ports/telemetry.ts';
import type {
  ForkEvidence,
  WitnessedHead,
  WitnessStorePort,
} from '../../../../runtime/kernel/ports/witness/witness-store.ts';
import type { CosignerMessage, CosignerReply } from './cosigner-messages.ts';
import { keepFork } from './keep-fork.ts';
import { judgeCheckpoint } from './judge-checkpoint.ts';

/** What the actor works with. */
export interface CosignerPorts {
  readonly store: WitnessStorePort;
  /** Where forks are told of. */
  readonly ledger: Pick<LedgerPort, 'append'>;
  readonly clock: Clock;
  readonly crypto: LedgerCrypto;
  readonly telemetry: Pick<TelemetryPort, 'count'>;
  /** Keys of the logs that are watched. */
  readonly logs: readonly NoteKey[];
  /** Own keys, one line each; asked for at each request, so that a rotation counts at once. */
  readonly signers: () => readonly WitnessSigner[];
}

type Ctx = ActorContext<CosignerMessage>;

/** Requests that may wait; a log asks about once a second. */
const MAILBOX = { capacity: 1_024 };

/** Starts `<parent>/cosigner`. */
export function spawnCosigner(parent: Parent, ports: CosignerPorts): ActorRef<CosignerMessage> {
  return spawn<Cosigner, CosignerMessage>(
    parent,
    async (state, message, ctx) => {
      if (message.type === 'fork-seen') await keepFork(message.evidence, ports, ctx);
      else message.replyTo.tell(await state.answer(message.request, ctx));
      return state;
    },
    'cosigner',
    {
      initialStateFunc: () => new Cosigner(ports),
      behaviorName: 'cosigner',
      stateName: (state) => `${state.vouchedCount} vouched for`,
      mailbox: MAILBOX,
      onCrash: () => 'reset',
    },
  );
}

class Cosigner {
  readonly #ports: CosignerPorts;
  vouchedCount = 0;

  constructor(ports: CosignerPorts) {
    this.#ports = ports;
  }

  /** Answer to one request; a store that fails gives no signature. */
  async answer(request: AddCheckpoint, ctx: Ctx): Promise<CosignerReply> {
    try {
      const reply = await this.#judged(request, ctx);
      this.#ports.telemetry.count('witness_requests', 1, { status: String(reply.status) });
      return reply;
    } catch (error) {
      const { code, message } = toWitanError(error);
      ctx.log.error('the witness cannot answer', { code, error: message });
      this.#ports.telemetry.count('witness_requests', 1, { status: '503' });
      return { status: 503, text: 'the witness cannot keep what it would vouch for\n' };
    }
  }

  async #judged(request: AddCheckpoint, ctx: Ctx): Promise<CosignerReply> {
    const { store, logs, crypto } = this.#ports;
    const { checkpoint } = request;
    // Read from the disk each time: after a failed save nobody else knows which of two heads is there.
    const known = logs.some((key) => key.name === checkpoint.origin)
      ? await store.head(checkpoint.origin)
      : undefined;
    const judgement = judgeCheckpoint(request, { keys: logs, known }, crypto);
    // Anyone may append lines to a note: what is kept and served again are those of the log.
    const note = noteOfKeys(checkpoint, logs, crypto.sha256);
    if (judgement.kind === 'vouch') return this.#vouched(checkpoint, { note, known });
    if (judgement.fork) await keepFork(this.#evidence(judgement.fork, note, known!), this.#ports, ctx);
    if (judgement.status === 409) return { status: 409, text: `${known?.size ?? 0}\n` };
    return { status: judgement.status, text: `${judgement.reason}\n` };
  }

  async #vouched(
    checkpoint: OpenCheckpoint,
    { note, known }: { readonly note: string; readonly known: WitnessedHead | undefined },
  ): Promise<CosignerReply> {
    const { store, clock, crypto, signers } = this.#ports;
    const { origin, size, root } = checkpoint;
    const isKept = known !== undefined && known.size === size && known.root === root;
    // On the disk before a signature exists: a head that could be lost again must never be vouched for.
    if (!isKept) await store.saveHead({ origin, size, root, note });
    const timestampS = Math.max(1, Math.floor(clock.wallMs() / 1_000));
    const { sha256 } = crypto;
    const lines = signers().map((signer) => cosignatureLine(checkpoint, signer, { timestampS, sha256 }));
    const text = lines.join('');
    await store.saveNote(origin, note + text);
    this.vouchedCount += 1;
    return { status: 200, text };
  }

  #evidence(kind: ForkEvidence['kind'], second: string, known: WitnessedHead): ForkEvidence {
    const at = new Date(this.#ports.clock.wallMs()).toISOString();
    return { kind, origin: known.origin, first: known.note, second, proof: [], at };
  }
}
