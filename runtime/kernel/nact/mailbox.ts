/** Reads the letters that wait for an actor. */
import { BUSY } from '../cell/flags.ts';
import { LocalRef } from '../cell/local-ref.ts';
import type { ActorRef } from '../ref.ts';
import type { Letter } from './context.ts';

/**
 * Letters behind the one that is being handled, oldest first.
 *
 * nact counts the first message of an idle actor as being handled from the moment it is dispatched.
 */
export function waitingLetters(ref: ActorRef<Letter>): Letter[] {
  if (!(ref instanceof LocalRef)) return [];
  const { ring, flags, core } = ref.cell;
  const letters: Letter[] = [];
  for (let index = 0; index < ring.size; index += 1) letters.push(ring.messageAt(index) as Letter);
  const isHandling = (flags & BUSY) !== 0 || core.dispatcher.current === ref.cell;
  return isHandling ? letters : letters.slice(1);
}
