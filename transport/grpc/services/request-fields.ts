/** Fields of requests that stand outside the shared messages, parsed by the same schemas as at other doors. */
import { z } from 'zod';
import { DecisionId } from '../../../contracts/messages/ids.ts';
import { parseMessage } from '../../../contracts/parse-message.ts';

const ByDecision = z.strictObject({ decisionId: DecisionId });
const PageFields = z.strictObject({
  cursor: z.string().max(200).optional(),
  limit: z.int().min(1).max(200).default(50),
});

/** The decision that a request names. @throws invalid_argument */
export function decisionIdOf({ decisionId }: { readonly decisionId: string }): DecisionId {
  return parseMessage(ByDecision, { decisionId }).decisionId;
}

/** The page that a request names: 50 lines where it does not say. @throws invalid_argument, too_large */
export function pageOf({
  cursor,
  limit,
}: {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}): z.output<typeof PageFields> {
  return parseMessage(PageFields, { cursor, limit });
}

/** The `next_cursor` of a page, absent on the last one. */
export function nextOf(page: { readonly nextCursor: string | null }): { nextCursor?: string } {
  return page.nextCursor === null ? {} : { nextCursor: page.nextCursor };
}
