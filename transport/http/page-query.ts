/** Paging of lists: an opaque cursor and a limit. */
import { z } from 'zod';

/** Query of every list: `limit` 1 to 200 (default 50), `cursor` from the earlier page. */
export const CursorQuery = z.strictObject({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** Schema of one page of `item`. */
export function pageOf(item: z.ZodType): z.ZodType {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}
