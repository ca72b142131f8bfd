/** Marks of texts and images: made, put on the record, and found again. */
import type { ContentClient } from '../../../../agents/platform/proof/content-client.ts';
import { eventsOf } from '../../../../agents/platform/proof/registry/content-log.ts';
import type { ContentLog } from '../../../../agents/platform/proof/registry/content-log.ts';
import { imageFormOf } from '../../../../agents/platform/proof/watermark/image-form.ts';
import { imageFalsePositiveRate } from '../../../../agents/platform/proof/watermark/image-mark.ts';
import { markIdOf, markKeys, newMarkKey } from '../../../../agents/platform/proof/watermark/mark-keys.ts';
import {
  markText,
  readTextMark,
  TEXT_FALSE_POSITIVE_RATE,
} from '../../../../agents/platform/proof/watermark/text-mark.ts';
import { utf8 } from '../../../../contracts/ledger/bytes.ts';
import type { Digest } from '../../../../contracts/messages/ids.ts';
import type {
  WatermarkAnswer,
  WatermarkEvidence,
  WatermarkRequest,
} from '../../../../contracts/messages/content/watermark.ts';
import type { Principal } from '../../../kernel/ports/identity.ts';
import type { KeysPort } from '../../../kernel/ports/keys.ts';
import { bytesOf, hashOf } from './content-source.ts';
import type { ReadContent } from './content-source.ts';
import type { ImageThread } from './image-thread.ts';

/** What marks are made with. */
export interface ContentMarksOptions {
  readonly keys: KeysPort;
  readonly log: ContentLog;
  readonly client: ContentClient;
  readonly images: ImageThread;
}

/** One answer to "is this an image?" for bytes of strangers. */
function isImage(bytes: Uint8Array): boolean {
  try {
    imageFormOf(bytes);
    return true;
  } catch {
    // Something else.
    return false;
  }
}

/** Marks and detectors of one node. */
export class ContentMarks {
  readonly #options: ContentMarksOptions;

  constructor(options: ContentMarksOptions) {
    this.#options = options;
  }

  /** Marks a text or an image. @throws conflict, too_large, invalid_argument, overloaded, deadline_exceeded */
  mark(request: WatermarkRequest, principal: Principal): Promise<WatermarkAnswer> {
    return request.text !== undefined
      ? this.#markText(request.text, principal)
      : this.#markImage(bytesOf(request.base64!), principal);
  }

  /** Marks of the tenant in content; an image that cannot be read has none. */
  async find({ bytes, text, contentHash }: ReadContent, tenant: string): Promise<WatermarkEvidence[]> {
    if (text !== null) return this.#findInText(text, contentHash, tenant);
    if (bytes !== null && isImage(bytes)) return this.#findInImage(bytes, contentHash, tenant);
    return [];
  }

  async #markText(original: string, principal: Principal): Promise<WatermarkAnswer> {
    const { keys } = this.#options;
    const { tenant } = principal;
    const originalHash = hashOf(utf8(original));
    const { keyId, key } = newMarkKey(keys, tenant, 'text');
    const markId = markIdOf(tenant, 'text', originalHash);
    const text = markText(original, markId, key);
    const contentHash = hashOf(utf8(text));
    const place = await this.#record({ kind: 'text', markId, originalHash, contentHash, keyId }, principal);
    return {
      kind: 'text',
      markId,
      text,
      base64: null,
      mediaType: 'text/plain',
      originalHash,
      contentHash,
      psnrDb: null,
      addedCharacters: text.length - original.length,
      isReadable: readTextMark(text, [key])?.markId === markId,
      place,
    };
  }

  async #markImage(file: Uint8Array, principal: Principal): Promise<WatermarkAnswer> {
    const { keys, images } = this.#options;
    const { tenant } = principal;
    const mediaType = imageFormOf(file);
    const originalHash = hashOf(file);
    const { keyId, key } = newMarkKey(keys, tenant, 'image');
    const markId = markIdOf(tenant, 'image', originalHash);
    const marked = await images.mark(file, markId, key);
    const contentHash = hashOf(marked.file);
    const place = await this.#record({ kind: 'image', markId, originalHash, contentHash, keyId }, principal);
    return {
      kind: 'image',
      markId,
      text: null,
      base64: Buffer.from(marked.file).toString('base64'),
      mediaType,
      originalHash,
      contentHash,
      psnrDb: Math.round(marked.psnrDb * 100) / 100,
      addedCharacters: null,
      isReadable: marked.isReadable,
      place,
    };
  }

  #record(
    mark: Pick<WatermarkAnswer, 'kind' | 'markId' | 'originalHash' | 'contentHash'> & { keyId: string },
    { tenant, id: by }: Principal,
  ): Promise<WatermarkAnswer['place']> {
    const { contentHash: markedHash, ...rest } = mark;
    return this.#options.client.marked({ tenant, by, markedHash, ...rest });
  }

  async #findInText(text: string, contentHash: Digest, tenant: string): Promise<WatermarkEvidence[]> {
    const keys = markKeys(this.#options.keys, tenant, 'text');
    const found = readTextMark(
      text,
      keys.map(({ key }) => key),
    );
    if (!found) return [];
    const falsePositiveRate = TEXT_FALSE_POSITIVE_RATE * keys.length;
    const strength = found.cellCount;
    return [
      await this.#evidence(
        { kind: 'text', markId: found.markId, strength, falsePositiveRate },
        { contentHash, tenant },
      ),
    ];
  }

  async #findInImage(bytes: Uint8Array, contentHash: Digest, tenant: string): Promise<WatermarkEvidence[]> {
    const keys = markKeys(this.#options.keys, tenant, 'image');
    const mark = await this.#options.images.read(
      bytes,
      keys.map(({ key }) => key),
    );
    if (!mark) return [];
    const falsePositiveRate = imageFalsePositiveRate() * keys.length;
    const strength = Math.round(mark.strength * 10) / 10;
    return [
      await this.#evidence(
        { kind: 'image', markId: mark.markId, strength, falsePositiveRate },
        { contentHash, tenant },
      ),
    ];
  }

  async #evidence(
    found: Pick<WatermarkEvidence, 'kind' | 'markId' | 'strength' | 'falsePositiveRate'>,
    { contentHash, tenant }: { readonly contentHash: Digest; readonly tenant: string },
  ): Promise<WatermarkEvidence> {
    const events = found.markId === null ? [] : await this.#options.log.ofMark(tenant, found.markId);
    const known = eventsOf(events, 'content-watermarked');
    const same = known.find(({ payload }) => payload.markedHash === contentHash) ?? known[0];
    return {
      ...found,
      originalHash: (same?.payload.originalHash ?? null) as Digest | null,
      markedHash: (same?.payload.markedHash ?? null) as Digest | null,
      isUnchanged: same?.payload.markedHash === contentHash,
    };
  }
}
