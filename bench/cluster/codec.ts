/** `codec`: a message to bytes and back, beside `JSON`, for what really travels. */
import { ByteCodec } from '../../cluster/remote/codec/byte-codec.ts';
import { CODEC_LIMITS } from '../../cluster/remote/codec/limits.ts';
import { revive } from '../../cluster/remote/codec/reviver.ts';
import { Shaper } from '../../cluster/remote/codec/shaper.ts';

/** How a message becomes bytes and back. */
export interface CodecSubject {
  readonly name: string;
  encode(message: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

const hex = (length: number): string =>
  Array.from({ length }, (_, at) => ((at * 7 + 3) % 16).toString(16)).join('');

const TEXT = 'Der Antrag wurde geprüft. The applicant has a stable income and no defaults on record. ';

/** Messages by name: a tell of a small object, a signed ballot, a decision of 20 kB. */
export const CODEC_MESSAGES: Readonly<Record<string, unknown>> = {
  'small tell': { type: 'seen', session: 's-8123', round: 1, seat: 'guardian', count: 42 },
  ballot: {
    type: 'ballot',
    sessionDigest: hex(64),
    decisionDigest: hex(64),
    seat: 'guardian',
    round: 1,
    score: 0.82,
    confidence: 0.93,
    applicable: true,
    evidence: [
      {
        code: 'safe-language',
        evaluator: 'toxicity@3',
        score: 0.9,
        reasons: ['none'],
        spans: [{ start: 3, end: 18 }],
      },
      { code: 'mandate', evaluator: 'rules@1', score: 0.8, reasons: [], spans: [] },
    ],
    evaluators: [`toxicity@3#${hex(64)}`],
    signature: hex(128),
  },
  'decision of 20 kB': {
    type: 'decide',
    id: hex(32),
    tenant: 'acme',
    content: Array.from({ length: 30 }, (_, at) => ({
      role: at % 2 ? 'user' : 'assistant',
      text: TEXT.repeat(7),
    })),
    context: Array.from({ length: 40 }, (_, at) => ({
      key: `field-${at}`,
      value: at * 1.5,
      asserted: at % 3 === 0,
    })),
  },
};

/** Ours with its walk and checks, the library alone, and `JSON`. */
export function codecSubjects(): readonly CodecSubject[] {
  const shaper = new Shaper(CODEC_LIMITS, () => []);
  const codec = new ByteCodec(CODEC_LIMITS);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const noRefs = (): never => {
    throw new TypeError('there is no address in these messages');
  };
  return [
    {
      name: 'codec',
      encode: (message) => {
        const { value, isTagged } = shaper.shape(message);
        return codec.encode([isTagged, value]);
      },
      decode: (bytes) => {
        const [isTagged, value] = codec.decode(bytes) as [boolean, unknown];
        return isTagged ? revive(value, noRefs) : value;
      },
    },
    {
      name: 'JSON',
      encode: (message) => encoder.encode(JSON.stringify(message)),
      decode: (bytes) => JSON.parse(decoder.decode(bytes)) as unknown,
    },
  ];
}

/** Microseconds for one encode and one decode, and the bytes. */
export function measureCodec(
  subject: CodecSubject,
  message: unknown,
  roundMs: number,
): { readonly encodeUs: number; readonly decodeUs: number; readonly bytes: number } {
  const bytes = new Uint8Array(subject.encode(message));
  return {
    encodeUs: microseconds(() => subject.encode(message), roundMs),
    decodeUs: microseconds(() => subject.decode(bytes), roundMs),
    bytes: bytes.length,
  };
}

function microseconds(task: () => unknown, roundMs: number): number {
  let count = 0;
  const startedMs = performance.now();
  let elapsedMs = 0;
  while (elapsedMs < roundMs) {
    for (let times = 0; times < 50; times += 1) task();
    count += 50;
    elapsedMs = performance.now() - startedMs;
  }
  return (elapsedMs / count) * 1_000;
}
