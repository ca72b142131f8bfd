/** What goes between the node and the thread that works on images. */
import type { ImageLimits } from '../../../../agents/platform/proof/watermark/image-file.ts';
import type { ImageForm } from '../../../../agents/platform/proof/watermark/image-form.ts';
import type { ImageMark } from '../../../../agents/platform/proof/watermark/image-mark.ts';
import type { RefusedJob } from '../../../store/job-thread.ts';

/** One image to mark or to look at. */
export type ImageJob = {
  readonly request: number;
  readonly file: Uint8Array;
  readonly limits: ImageLimits;
} & (
  | { readonly type: 'mark'; readonly markId: string; readonly key: Uint8Array }
  /** Keys newest first; at another size only the first is looked for. */
  | { readonly type: 'read'; readonly keys: readonly Uint8Array[] }
);

/** An image with a mark. */
export interface MarkedFile {
  readonly file: Uint8Array;
  readonly form: ImageForm;
  readonly psnrDb: number;
  /** Whether the mark is read back from the file as it was written. */
  readonly isReadable: boolean;
}

/** What an image that was worked on is answered with. */
export type DoneImage = { readonly request: number } & (
  | { readonly type: 'marked'; readonly marked: MarkedFile }
  | { readonly type: 'read'; readonly mark: ImageMark | null }
);

/** Answer of the thread. */
export type ImageAnswer = DoneImage | RefusedJob;
