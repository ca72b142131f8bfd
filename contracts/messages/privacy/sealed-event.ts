/** Event of a caller whose words are sealed because they concern persons. */
import { z } from 'zod';
import { SealedOpened } from './sealed-record.ts';

const { subjectTags, keyPeriod, sealed } = SealedOpened.shape;

/** Persons that an event concerns, as the tenant names them; their words are then sealed on the record. */
export const EventSubjects = z.array(z.string().min(1).max(200)).min(1).max(8);

/** Stands in the payload of an event in the place of what the caller said. */
export const SealedEvent = z.object({
  /** Pseudonyms of the persons concerned; only this node can compute them. */
  subjectTags,
  keyPeriod,
  /** What was said, a JSON object. */
  sealed,
});
/** See {@link SealedEvent}. */
export type SealedEvent = z.infer<typeof SealedEvent>;
