/** What a node tells the others of its seats, so that terms can freeze their keys. */
import { z } from 'zod';
import { KeyId, SeatId } from '../ids.ts';
import { NodeName } from './member.ts';

/** Value of a node's key below `seats.`. */
export const SeatsRecord = z.object({
  format: z.literal('witan-seats/1'),
  node: NodeName,
  seats: z
    .array(
      z.object({
        seat: SeatId,
        keyId: KeyId,
        /** Ed25519, 64 hex digits. */
        publicKey: z.string().regex(/^[0-9a-f]{64}$/),
        /** `id@version#sha256` of its evaluators, in order: seats that judge otherwise do not stand in. */
        evaluators: z.array(z.string().max(200)).max(20),
        calibration: z.string().max(120),
      }),
    )
    .max(64),
});
/** See {@link SeatsRecord}. */
export type SeatsRecord = z.infer<typeof SeatsRecord>;
