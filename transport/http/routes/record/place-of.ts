/** An entry of the log as callers name it: its index, or the decision whose verdict it holds. */
import { z } from 'zod';
import { DecisionId } from '../../../../contracts/messages/ids.ts';

const INDEX = /^(0|[1-9][0-9]{0,14})$/;

/** Parameters of an endpoint of one entry. */
export const EntryParams = z.strictObject({
  of: z.union([DecisionId, z.string().regex(INDEX, 'an index or the id of a decision')]),
});

/** Decision or index that the parameter names. */
export function placeOf({ of }: z.infer<typeof EntryParams>): DecisionId | number {
  return DecisionId.safeParse(of).data ?? Number(of);
}
