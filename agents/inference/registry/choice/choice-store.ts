/** Choices that outlive the process: read whole, replaced whole. */
import { WitanError, toWitanError } from '../../../../contracts/errors.ts';
import { utf8 } from '../../../../contracts/ledger/bytes.ts';
import { ModelChoices } from '../../../../contracts/messages/models/choices.ts';
import { parseJson } from '../../../../contracts/parse-json.ts';
import { parseMessage } from '../../../../contracts/parse-message.ts';
import { NO_CHOICES } from './change.ts';

/** Keeps one text. The host gives a file of the data folder, tests give memory. */
export interface ChoiceStore {
  /** Undefined: nobody chose yet. @throws storage_failed */
  read(): Promise<string | undefined>;
  /** Replaces the text as a whole: after a crash the old one is there, or the new one. @throws storage_failed */
  write(text: string): Promise<void>;
}

const LIMITS = { maxBytes: 4_194_304, maxDepth: 6, maxNodes: 100_000 };

/** What was chosen. @throws verification_failed for a damaged text: a guess would be somebody's choice undone */
export async function readChoices(store: ChoiceStore): Promise<ModelChoices> {
  const text = await store.read();
  if (text === undefined) return NO_CHOICES;
  try {
    return parseMessage(ModelChoices, parseJson(utf8(text), LIMITS));
  } catch (cause) {
    const { message, details } = toWitanError(cause);
    throw new WitanError(
      'verification_failed',
      `the stored choices of models are damaged: ${message}`,
      { ...details, expected: 'the file as a node wrote it; without the file the newest versions serve' },
      cause,
    );
  }
}

/** Resolves when the choices are durable. @throws storage_failed */
export function writeChoices(store: ChoiceStore, choices: ModelChoices): Promise<void> {
  return store.write(`${JSON.stringify(choices, null, 2)}\n`);
}

/** Choices of a process that keeps nothing. */
export function memoryChoiceStore(text?: string): ChoiceStore {
  let kept = text;
  return {
    read: async () => kept,
    async write(next) {
      kept = next;
    },
  };
}
