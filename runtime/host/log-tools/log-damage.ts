/** What can be wrong with a log, and what it means for whoever relies on it. */

/** One thing that is wrong. */
export interface LogDamage {
  /** Part that does not match (`bytes`, `previous`, `checkpoint.root`). */
  readonly field: string;
  /** Segment file and byte in it; null where it is not in one. */
  readonly segment: number | null;
  readonly offset: number | null;
  /** Entry that is damaged, or the first that is missing. */
  readonly index: number | null;
  readonly decisionId: string | null;
  /** For people: what it means. */
  readonly meaning: string;
}

const MEANINGS: Readonly<Record<string, string>> = {
  bytes: 'the stored bytes changed after they were written: this entry can no longer be relied on',
  frame: 'the place of this entry is wiped with zeros, and entries follow it',
  'frame-magic': 'something other than an entry stands where one should begin',
  'frame-length':
    'the length of the entry leads outside the file: its header was changed or the file was cut',
  index: 'another entry stands here: entries were moved, repeated or taken out',
  previous: 'the entry does not continue the one before it: the history before it was changed or replaced',
  chainHash: 'the text of the entry is not the one that the hash chain was made over: it was edited',
  'segment-header': 'the segment does not continue the one before it, or is missing',
  missing: 'entries that had been acknowledged are not there: the log was cut, or a disk lost them',
  kind: 'a decision has this entry a second time: only the first counts, and the log never writes two',
  'kind.final-unopened': 'a decision ends that was never opened: the log never writes that',
  'kind.resolution-undecided': 'a person resolves what was not decided yet: the log never writes that',
  canonical: 'the entry is not the canonical text of a ledger entry',
  signatures: 'a ballot or the verdict does not verify under the keys frozen in the record',
  tally: 'the recorded verdict does not follow from the recorded ballots',
  head: 'the sealed head is damaged: which entries were acknowledged last cannot be shown',
  checkpoint: 'there is no readable signed checkpoint: nothing shows who vouches for this log',
  signature: 'no key that you pinned has signed this log: it may have been recomputed by somebody else',
  root: 'the entries are not those that were signed: the log was recomputed or cut',
  published: 'the entries are not those that were published and witnessed: readers saw another log',
};

/** The damage with its meaning; fields that nobody foresaw say that they do not match. */
export function damageOf(place: Omit<LogDamage, 'meaning'>, of: string = place.field): LogDamage {
  return { ...place, meaning: MEANINGS[of] ?? `${place.field} does not match` };
}
