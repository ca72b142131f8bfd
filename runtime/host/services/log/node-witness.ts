/** A node as a witness, for doors: parses what came in, asks the actor, answers in the protocol's words. */
import type {
  CosignerMessage,
  CosignerReply,
} from '../../../../agents/platform/audit/witness/cosigner-messages.ts';
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import { parseAddCheckpoint } from '../../../../contracts/ledger/tlog/add-checkpoint.ts';
import type { WitnessBackend, WitnessReply } from '../../../../transport/door/log-backend.ts';
import { query } from '../../../kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../kernel/index.ts';
import type { WitnessStorePort } from '../../../kernel/ports/witness/witness-store.ts';

/** What it answers from. */
export interface NodeWitnessParts {
  readonly system: ActorSystem;
  readonly store: Pick<WitnessStorePort, 'note'>;
}

const ASK_MS = 10_000;
const TEXT = 'text/plain; charset=utf-8';
const SIZE = 'text/x.tlog.size';

/** See {@link WitnessBackend}. */
export class NodeWitness implements WitnessBackend {
  readonly #parts: NodeWitnessParts;

  constructor(parts: NodeWitnessParts) {
    this.#parts = parts;
  }

  addCheckpoint: WitnessBackend['addCheckpoint'] = async (body) => {
    let request: ReturnType<typeof parseAddCheckpoint>;
    try {
      request = parseAddCheckpoint(body);
    } catch (error) {
      return { status: 400, mediaType: TEXT, text: `${toWitanError(error).message}\n` };
    }
    const { system } = this.#parts;
    const cosigner = system.resolve('/platform/audit/cosigner') as ActorRef<CosignerMessage>;
    const reply = await query(
      cosigner,
      (replyTo: ActorRef<CosignerReply>) => ({ type: 'add-checkpoint' as const, request, replyTo }),
      { timeoutMs: ASK_MS, via: system },
    );
    return shown(reply);
  };

  checkpoint: WitnessBackend['checkpoint'] = async (originHash) => {
    const note = await this.#parts.store.note(originHash);
    if (note !== undefined) return note;
    throw new WitanError('not_found', 'this node vouched for no checkpoint of that log', {
      path: 'originHash',
      expected: 'SHA-256 of an origin',
    });
  };
}

function shown({ status, text }: CosignerReply): WitnessReply {
  return { status, text, mediaType: status === 409 ? SIZE : TEXT };
}
