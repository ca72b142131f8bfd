/** Which association leads to a node: the newest run that lives, in a version that both sides speak. */
import { nodeSubject } from '../../../contracts/cluster-names.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { Members } from '../../membership/members.ts';
import type { BatchSender } from '../wire/batch.ts';
import { Association } from './association.ts';
import type { AssociationParts } from './association.ts';

/** Versions of the protocol, both included. */
export interface Versions {
  readonly min: number;
  readonly max: number;
}

/** What all associations of this node share. */
export interface RoutesParts extends Omit<AssociationParts, 'peer' | 'subject' | 'version'> {
  readonly cluster: string;
  readonly members: Members;
  readonly versions: Versions;
}

/** Associations of this run by node and by run. */
export class Routes {
  private readonly parts: RoutesParts;
  private readonly newest = new Map<string, Association>();
  private readonly byRun = new Map<string, Association>();
  /** Runs that said that they do not speak our version, with theirs. */
  private readonly refusals = new Map<string, Versions>();
  private readonly gone = new Set<string>();

  constructor(parts: RoutesParts) {
    this.parts = parts;
  }

  /**
   * Towards the newest living run of a node. @throws unavailable when there is none, not_supported
   */
  to(node: string): Association {
    const known = this.newest.get(node);
    if (known !== undefined) return known;
    const record = this.parts.members.get(node)?.record;
    if (record === undefined || this.isGone(record)) {
      throw new WitanError('unavailable', `No run of the node ${node} is known`, { node });
    }
    const refused = this.refusals.get(keyOf(record));
    const version = commonVersion(this.parts.versions, refused ?? record.protocol);
    if (version === undefined) throw noVersion(node, this.parts.versions, refused ?? record.protocol);
    const association = this.toRun(record, version);
    this.newest.set(node, association);
    return association;
  }

  /** Towards that very run; undefined when it is over, or too many are known. */
  back(run: BatchSender, version?: number): Association | undefined {
    if (this.isGone(run)) return undefined;
    const known = this.byRun.get(keyOf(run));
    if (known !== undefined) return known;
    if (this.byRun.size >= this.parts.limits.maxPeers) return undefined;
    return this.toRun(run, version ?? this.versionOf(run));
  }

  /** Whether that run is known to be over. */
  isGone(run: BatchSender): boolean {
    return this.gone.has(keyOf(run));
  }

  /** Learns of changes among the members: what is newest is looked up anew. */
  forgetNewest(): void {
    this.newest.clear();
  }

  /** Notes a refusal; the association with that run, if any, is over. */
  refused(run: BatchSender, versions: Versions): Association | undefined {
    remember(this.refusals, keyOf(run), versions, this.parts.limits.maxPeers);
    return this.end(run);
  }

  /** A run is over: nothing is sent to it any more. */
  ended(run: BatchSender): Association | undefined {
    this.gone.add(keyOf(run));
    if (this.gone.size > this.parts.limits.maxPeers) this.gone.delete(this.gone.values().next().value!);
    this.refusals.delete(keyOf(run));
    return this.end(run);
  }

  /** Sends what waits to go. */
  flush(): void {
    for (const association of this.byRun.values()) association.flush();
  }

  close(): void {
    for (const association of this.byRun.values()) association.close();
    this.byRun.clear();
    this.newest.clear();
  }

  private end(run: BatchSender): Association | undefined {
    const association = this.byRun.get(keyOf(run));
    this.byRun.delete(keyOf(run));
    if (association !== undefined && this.newest.get(run.node) === association) this.newest.delete(run.node);
    association?.close();
    return association;
  }

  private toRun({ node, incarnation }: BatchSender, version: number): Association {
    const peer = { node, incarnation };
    const known = this.byRun.get(keyOf(peer));
    if (known !== undefined) return known;
    const subject = nodeSubject(this.parts.cluster, node, incarnation);
    const association = new Association({ ...this.parts, peer, subject, version });
    this.byRun.set(keyOf(peer), association);
    return association;
  }

  private versionOf(run: BatchSender): number {
    const record = this.parts.members.get(run.node)?.record;
    const theirs = record?.incarnation === run.incarnation ? record.protocol : undefined;
    return commonVersion(this.parts.versions, theirs ?? this.parts.versions) ?? this.parts.versions.max;
  }
}

/** Highest version that both sides speak; undefined when there is none. */
export function commonVersion(own: Versions, theirs: Versions): number | undefined {
  const highest = Math.min(own.max, theirs.max);
  return highest >= Math.max(own.min, theirs.min) ? highest : undefined;
}

/** Name of a run in tables. */
export function keyOf({ node, incarnation }: BatchSender): string {
  return `${node}.${incarnation}`;
}

function noVersion(node: string, own: Versions, theirs: Versions): WitanError {
  const spoken = `${theirs.min} to ${theirs.max}`;
  const message = `The node ${node} speaks the versions ${spoken} of the protocol, not ours`;
  return new WitanError('not_supported', message, { node, own: { ...own }, theirs: { ...theirs } });
}

function remember<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  map.set(key, value);
  if (map.size > max) map.delete(map.keys().next().value!);
}
