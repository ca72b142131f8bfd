/** Who takes part, in the order of the table. */
import type { Subject } from './subject.ts';

/** Names of the subjects. */
export const SUBJECT_NAMES = ['witan', 'nact', 'xstate', 'comedy', 'ring'] as const;

/** See {@link SUBJECT_NAMES}. */
export type SubjectName = (typeof SUBJECT_NAMES)[number];

/** Loads one subject only, so that no process pays for another's code. */
export async function loadSubject(name: SubjectName): Promise<Subject> {
  switch (name) {
    case 'witan':
      return (await import('./subjects/witan.ts')).witan as Subject;
    case 'nact':
      return (await import('./subjects/nact.ts')).nact as Subject;
    case 'xstate':
      return (await import('./subjects/xstate.ts')).xstate as Subject;
    case 'comedy':
      return (await import('./subjects/comedy.ts')).comedy as Subject;
    case 'ring':
      return (await import('./subjects/ring.ts')).ring as Subject;
  }
}
