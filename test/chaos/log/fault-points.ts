/** Where the process is ended: each operation of the log on its files, before, in the middle and after. */

/** Part of an operation at which power or process is lost. */
export type FaultMoment = 'before' | 'half' | 'after';

/** One place in the work of a log. */
export interface LogFaultPoint {
  /** As it is printed. */
  readonly name: string;
  /** Operation of the file system. */
  readonly operation: 'write' | 'datasync' | 'open' | 'rename' | 'text' | 'sync-folder' | 'remove';
  /** Files that it is about. */
  readonly path: RegExp;
  readonly moment: FaultMoment;
  /** Which of the matching operations, from 0, once the log is open. */
  readonly nth: number;
}

const SEGMENT = /\/\d{10}\.seg$/;
const SPARE = /\/spare\.seg$/;
const HEAD = /\/head$/;
const CHECKPOINT = /\/checkpoint$/;
const COLUMN = /\/columns\/(hashes-\d|rows)$/;
const MARK = /\/columns\/mark\.json$/;

const places: readonly Omit<LogFaultPoint, 'moment' | 'nth'>[] = [
  { name: 'append: frames written', operation: 'write', path: SEGMENT },
  { name: 'append: segment synced', operation: 'datasync', path: SEGMENT },
  { name: 'checkpoint: head written', operation: 'write', path: HEAD },
  { name: 'checkpoint: head synced', operation: 'datasync', path: HEAD },
  { name: 'checkpoint: note replaced', operation: 'text', path: CHECKPOINT },
  { name: 'next segment: old spare removed', operation: 'remove', path: SPARE },
  { name: 'next segment: spare made', operation: 'open', path: SPARE },
  { name: 'next segment: spare filled', operation: 'write', path: SPARE },
  { name: 'next segment: spare synced', operation: 'datasync', path: SPARE },
  { name: 'next segment: named', operation: 'rename', path: SEGMENT },
  { name: 'next segment: name synced', operation: 'sync-folder', path: /./ },
  { name: 'next segment: opened', operation: 'open', path: SEGMENT },
  { name: 'columns: rows written', operation: 'write', path: COLUMN },
  { name: 'columns: synced', operation: 'datasync', path: COLUMN },
  { name: 'columns: marked', operation: 'text', path: MARK },
];

/** All of them; a write is also cut in half. The tenth append is in the middle of a batch's life. */
export const LOG_FAULT_POINTS: readonly LogFaultPoint[] = places.flatMap((place) => {
  const moments: FaultMoment[] =
    place.operation === 'write' ? ['before', 'half', 'after'] : ['before', 'after'];
  const isCommon = /^(append|checkpoint)/.test(place.name);
  const ordinals = isCommon ? [0, 10] : [0];
  return ordinals.flatMap((nth) =>
    moments.map((moment) => ({ ...place, moment, nth, name: `${place.name} (${moment}, ${nth})` })),
  );
});
