/** Nodes that contend for a few claims while everything goes wrong. */
import type { Claims, HeldClaim } from '../../../cluster/claims/claims.ts';
import { CALM, ROUGH } from './fault-store.ts';
import { FenceBook, LeaseWorld } from './lease-world.ts';
import type { LeaseNode, NodeSettings } from './lease-world.ts';

/** What they contend for. */
export const CLAIMS = ['shard.session.0', 'shard.session.1', 'singleton.sweeper'];

function isFree(claims: Claims, node: LeaseNode, name: string): boolean {
  const holder = claims.get(name)?.holder;
  return !holder || !node.members.isLiving(holder.node, holder.incarnation);
}

/** Takes what is free whenever it looks, and gives things back now and then. */
export function contend(
  world: Pick<LeaseWorld, 'random' | 'noteTaken'>,
  node: LeaseNode,
  book: FenceBook,
): void {
  const held = new Map<string, HeldClaim>();
  const look = (): void => {
    node.clock.setTimer(150, look);
    for (const name of CLAIMS) {
      const claim = held.get(name);
      if (claim !== undefined && world.random.next() < 0.03) {
        held.delete(name);
        claim.release().catch(() => {});
      }
      const isOwnAgain = claim === undefined || !claim.fence.isHeld();
      const holder = node.claims.get(name)?.holder;
      if (!isOwnAgain || !(isFree(node.claims, node, name) || holder?.incarnation === node.incarnation))
        continue;
      node.claims.take(name).then(
        (taken) => {
          if (taken === undefined || taken === held.get(name)) return;
          try {
            world.noteTaken(name, taken.fence);
          } catch (error) {
            book.fail(error);
          }
          held.set(name, taken);
          book.add(name, node, taken.fence);
        },
        () => {},
      );
    }
  };
  look();
}

/** Faults of nodes and store, one after the other. */
async function disturb(world: LeaseWorld, book: FenceBook, settings: ContentionSettings): Promise<void> {
  const { random, store } = world;
  const check = (): void => book.assertOne();
  const untilMs = world.nowMs + settings.forMs;
  let runs = 0;
  while (world.nowMs < untilMs) {
    const living = world.nodes.filter(({ isAlive }) => isAlive);
    const victim = living[random.below(living.length)]!;
    const lengthMs = 300 + random.next() * 5_000;
    const kind = random.below(5);
    if (kind === 0) victim.clock.pause();
    if (kind === 1) victim.cut(true);
    if (kind === 2) store.isAway = true;
    if (kind === 3) victim.isMainHung = true;
    if (kind === 4) {
      victim.crash();
      const rate = 0.95 + 0.1 * random.next();
      contend(world, world.add(`${victim.name[0]}${(runs += 1)}`, { rate, ...settings.node }), book);
    }
    await world.advance(lengthMs, check);
    victim.clock.resume();
    victim.cut(false);
    victim.isMainHung = false;
    store.isAway = false;
    await world.advance(random.next() * 1_500, check);
  }
}

/** A run that lost its lease comes back as a new one. */
function bringBack(world: LeaseWorld, book: FenceBook, node: NodeSettings): void {
  for (const lost of world.nodes.filter((one) => one.isAlive && one.lease.state === 'lost')) {
    lost.crash();
    contend(world, world.add(`${lost.name}x`, node), book);
  }
}

/** Settings of one run. */
export interface ContentionSettings {
  /** Time of the faults. */
  readonly forMs: number;
  readonly node?: NodeSettings;
}

/** Three nodes with clocks up to 5 % off, in trouble and then in quiet; throws what must not happen. */
export async function runContention(
  seed: number,
  settings: ContentionSettings,
): Promise<{ world: LeaseWorld; book: FenceBook }> {
  const world = new LeaseWorld(seed, ROUGH);
  const book = new FenceBook(seed);
  const check = (): void => book.assertOne();
  for (const node of world.addMany(3, settings.node, 0.05)) contend(world, node, book);
  await world.advance(2_000, check);
  await disturb(world, book, settings);
  world.store.faults = CALM;
  await world.advance(3_000, check);
  bringBack(world, book, settings.node ?? {});
  return { world, book };
}
