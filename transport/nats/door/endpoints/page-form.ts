/** Paging of lists in request bodies: an opaque cursor and a limit. */
import { z } from 'zod';

/** `limit` 1 to 200 (default 50), `cursor` from the earlier page. */
export const PageForm = z.strictObject({
  cursor: z.string().max(200).optional(),
  limit: z.int().min(1).max(200).default(50),
});

/** One page of `item`. */
export function pageOf(item: z.ZodType): z.ZodType {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** All of a short list. */
export function listOf(item: z.ZodType): z.ZodType {
  return z.strictObject({ items: z.array(item) });
}
