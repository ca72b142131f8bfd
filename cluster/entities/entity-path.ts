/** Paths of entities: kind, shard with the generation of its owner, and the id with everything escaped. */
import { shardOf } from '../placement/rendezvous.ts';

/** First segment of every entity's path. */
export const ENTITY_PREFIX = '/entities/';

/** What the path of a message to an entity says. */
export interface EntityAddress {
  readonly kind: string;
  readonly shard: number;
  readonly id: string;
  /** Generation of the owner that the sender knows; undefined: it has no idea of owners. */
  readonly generation: number | undefined;
  /** The message came back once and is on its way again. */
  readonly isSecond: boolean;
}

/** Path of the actor that an entity is while it is active. */
export function entityPath(kind: string, shard: number, id: string): string {
  return `${ENTITY_PREFIX}${kind}/${shard}/${encodeURIComponent(id)}`;
}

/** Path that a message to an entity travels under. */
export function wirePath({ kind, shard, id, generation, isSecond }: EntityAddress): string {
  const owner = generation === undefined ? '' : `@${generation}${isSecond ? '+' : ''}`;
  return `${ENTITY_PREFIX}${kind}/${shard}${owner}/${encodeURIComponent(id)}`;
}

const PATH = /^\/entities\/([a-z][a-z0-9-]*)\/(\d+)(?:@(\d+)(\+?))?\/([^/]+)$/;

/** Address in a path; undefined when it is none, or when the shard is not that of the id. */
export function readEntityPath(
  path: string,
  shardCountOf: (kind: string) => number,
): EntityAddress | undefined {
  const parts = PATH.exec(path);
  if (parts === null) return undefined;
  const [, kind, shard, generation, second, escaped] = parts as unknown as string[];
  const id = unescaped(escaped!);
  if (id === undefined || shardOf(kind!, id, shardCountOf(kind!)) !== Number(shard)) return undefined;
  return {
    kind: kind!,
    shard: Number(shard),
    id,
    generation: generation === undefined ? undefined : Number(generation),
    isSecond: second === '+',
  };
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
