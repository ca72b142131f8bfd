/** Entry of the thread that works on images: everything that unpacks a stranger's bytes happens here. */
import { parentPort } from 'node:worker_threads';
import { decodeImage, encodeImage } from '../../../../agents/platform/proof/watermark/image-file.ts';
import { imageFormOf } from '../../../../agents/platform/proof/watermark/image-form.ts';
import { markImage, readImageMark } from '../../../../agents/platform/proof/watermark/image-mark.ts';
import { toWitanError } from '../../../../contracts/errors.ts';
import type { ImageAnswer, ImageJob } from './image-jobs.ts';

parentPort!.on('message', (job: ImageJob) => parentPort!.postMessage(answerOf(job)));

function answerOf(job: ImageJob): ImageAnswer {
  const { request, file, limits } = job;
  try {
    const pixels = decodeImage(file, limits);
    if (job.type === 'read') {
      for (const key of job.keys) {
        const mark = readImageMark(pixels, key, { atAnyScale: false });
        if (mark) return { request, type: 'read', mark };
      }
      const [newest] = job.keys;
      return { request, type: 'read', mark: (newest && readImageMark(pixels, newest)) ?? null };
    }
    const form = imageFormOf(file);
    const marked = markImage(pixels, job.markId, job.key);
    const written = encodeImage(marked.pixels, form);
    const back = readImageMark(decodeImage(written, limits), job.key, { atAnyScale: false });
    const isReadable = back?.markId === job.markId;
    return { request, type: 'marked', marked: { file: written, form, psnrDb: marked.psnrDb, isReadable } };
  } catch (error) {
    const { code, message, details } = toWitanError(error);
    return { request, type: 'refused', code, message, details };
  }
}
