/** From whatever a generator said of its output to metadata in normal form (PRF-10). Pure, also in browsers. */
import { WitanError } from '../errors.ts';
import { canonicalBytes } from '../ledger/canonical-json.ts';
import type { Sha256 } from '../ledger/crypto.ts';
import { digestOf } from '../ledger/signing.ts';
import { parseMessage } from '../parse-message.ts';
import { CONTENT_LIMITS, ContentMetadata } from '../messages/content/content-fields.ts';
import type { Digest } from '../messages/ids.ts';

/** Names under which generators report what they did, ours first. */
const NAMES = {
  modelId: ['modelId', 'model_id', 'model'],
  modelVersion: ['modelVersion', 'model_version', 'system_fingerprint'],
  modelDigest: ['modelDigest', 'model_digest'],
  createdAt: ['createdAt', 'created_at', 'timestamp', 'created'],
  parameters: ['parameters', 'params', 'options', 'generation_config'],
  creator: ['creator', 'author'],
  mediaType: ['mediaType', 'media_type', 'mime_type'],
} as const;

/** Parameters of generation that stand beside the model's name in requests and answers of common APIs. */
const LOOSE_PARAMETERS = [
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'max_tokens',
  'max_output_tokens',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'repetition_penalty',
  'stop',
  'steps',
  'guidance_scale',
  'sampler',
  'size',
  'quality',
  'style',
  'response_format',
] as const;

/**
 * Metadata in normal form, from a generator's request, answer, or what was written by hand.
 *
 * Text becomes NFC without surrounding space; times become ISO 8601 in UTC with milliseconds (a number is
 * Unix
 * time: seconds below 10^11, else milliseconds); absent and null fields go; prompts and outputs are never
 * taken over. The same facts in another order or spelling give the same metadata and so the same digest.
 * @throws invalid_argument, too_large with the field that is missing or wrong
 * @example normaliseMetadata({ model: 'm-1', created: 1767225600, temperature: 0.7 })
 */
export function normaliseMetadata(source: Readonly<Record<string, unknown>>): ContentMetadata {
  const pick = (field: keyof typeof NAMES): unknown =>
    NAMES[field].map((name) => source[name]).find((value) => value !== undefined && value !== null);
  const loose = Object.fromEntries(
    LOOSE_PARAMETERS.filter((name) => source[name] !== undefined && source[name] !== null).map((name) => [
      name,
      source[name],
    ]),
  );
  const given = pick('parameters') ?? {};
  const fields = {
    modelId: text(pick('modelId')),
    modelVersion: text(pick('modelVersion')),
    modelDigest: pick('modelDigest'),
    createdAt: time(pick('createdAt')),
    parameters: normal(typeof given === 'object' ? { ...loose, ...given } : given),
    creator: text(pick('creator')),
    mediaType: mediaType(pick('mediaType')),
  };
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return checkedMetadata(parseMessage(ContentMetadata, present));
}

/** Metadata whose parameters are within their size. @throws too_large, invalid_argument */
export function checkedMetadata(metadata: ContentMetadata): ContentMetadata {
  const { parametersBytes } = CONTENT_LIMITS;
  if (canonicalBytes(metadata.parameters).length <= parametersBytes) return metadata;
  const details = { path: 'metadata.parameters', expected: `at most ${parametersBytes} bytes` };
  throw new WitanError('too_large', 'the parameters are too large', details);
}

/** SHA-256 over the canonical JSON of the metadata. */
export function metadataDigest(metadata: ContentMetadata, sha256: Sha256): Digest {
  return digestOf(metadata, sha256);
}

function text(value: unknown): unknown {
  return typeof value === 'string' ? value.normalize('NFC').trim() : value;
}

function mediaType(value: unknown): unknown {
  return typeof value === 'string' ? value.split(';')[0]!.trim().toLowerCase() : value;
}

function time(value: unknown): unknown {
  const ms =
    typeof value === 'number'
      ? value < 1e11
        ? value * 1_000
        : value
      : value instanceof Date
        ? value.getTime()
        : typeof value === 'string'
          ? Date.parse(value)
          : undefined;
  if (ms === undefined) return value;
  // Years from 0 to 9999: others have no plain ISO form.
  if (!(ms >= -62_167_219_200_000 && ms <= 253_402_300_799_999)) return String(value);
  return new Date(ms).toISOString();
}

function normal(value: unknown): unknown {
  if (typeof value === 'string') return value.normalize('NFC');
  if (Array.isArray(value)) return value.map(normal);
  if (value === null || typeof value !== 'object') return Object.is(value, -0) ? 0 : value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined && item !== null)
      .map(([key, item]) => [key.normalize('NFC'), normal(item)]),
  );
}
