/** Clients that ask for decisions at a steady rate, and ask again elsewhere with the same key. */
import type { Random } from '../../../runtime/kernel/clock.ts';
import type { Caller } from './caller.ts';
import type { NodeProcess } from './node-process.ts';
import { decisionOf } from './requests.ts';
import type { KeyedRequest, RequestSource } from './requests.ts';

/** What the load is made of. */
export interface LoadOptions {
  readonly nodes: readonly NodeProcess[];
  readonly caller: Caller;
  readonly requests: RequestSource;
  readonly random: Random;
  /** New decisions a second. */
  readonly rate: number;
}

/** What some of the load is aimed at. */
export interface LoadAim {
  /** Half of the new decisions are of these shards. */
  readonly shards: ReadonlySet<number>;
  /** Nodes that these are sent to first. */
  readonly doors: readonly NodeProcess[];
  /** Every client is impatient, or asks two nodes at once. */
  readonly isImpatient?: boolean;
}

const OPEN_MAX = 100;
const WAIT_MS = 5_000;
/** Time for which a client goes on asking, ms. */
const GIVE_UP_MS = 60_000;
const PAUSE_MS = 100;
const LOCAL_EVERY_MS = 250;
const READ_LATER_MS = 1_500;
const READ_SHARE = 0.2;

/** See the head of the file. */
export class Load {
  readonly #options: LoadOptions;
  readonly #open = new Set<Promise<void>>();
  #aim: LoadAim | undefined;
  #timer: NodeJS.Timeout | undefined;
  #localTimer: NodeJS.Timeout | undefined;
  #isLocalBusy = new Set<string>();

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Decisions that some client waits for. */
  get openCount(): number {
    return this.#open.size;
  }

  start(): void {
    this.#timer = setInterval(() => this.#begin(), 1_000 / this.#options.rate);
    this.#localTimer = setInterval(() => this.#askLocals(), LOCAL_EVERY_MS);
  }

  /** Aims some of the load from now on; undefined: none of it. */
  aim(aim: LoadAim | undefined): void {
    this.#aim = aim;
  }

  /** Asks for nothing new; resolves when every client has its answer, or has given up. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    clearInterval(this.#localTimer);
  }

  #begin(): void {
    // A client that would wait behind so many others asks nobody.
    if (this.#open.size >= OPEN_MAX) return;
    const { requests, random } = this.#options;
    const aim = this.#aim;
    const isAimed = aim !== undefined && random.next() < 0.5;
    const keyed = requests.next(isAimed ? aim.shards : undefined);
    const doors = isAimed && aim.doors.length > 0 ? aim.doors : this.#options.nodes;
    const door = doors[Math.floor(random.next() * doors.length)]!;
    const style = aim?.isImpatient ? 0.9 + random.next() * 0.1 : random.next();
    const open = this.#asked(keyed, this.#options.nodes.indexOf(door), style).finally(() =>
      this.#open.delete(open),
    );
    this.#open.add(open);
  }

  /** One client: `style` below 0.8 waits, then: asks only to be accepted, is impatient, asks two at once. */
  async #asked(keyed: KeyedRequest, door: number, style: number): Promise<void> {
    const { nodes, caller, random } = this.#options;
    const endMs = performance.now() + GIVE_UP_MS;
    let at = door;
    const next = (): NodeProcess => nodes[at++ % nodes.length]!;
    if (style >= 0.95) void this.#track(caller.submit(next(), keyed, { waitMs: WAIT_MS }));
    else if (style >= 0.9)
      await caller.submit(next(), keyed, { waitMs: Math.round(5 + random.next() * 150) });
    else if (style >= 0.8) await caller.submit(next(), keyed, { waitMs: WAIT_MS, isAsync: true });
    while (performance.now() < endMs) {
      const answer = await caller.submit(next(), keyed, { waitMs: WAIT_MS });
      if (answer.type === 'verdict') return void this.#readLater(keyed.key);
      await pause(PAUSE_MS);
    }
  }

  /** Some look a moment later at what another node says of it. */
  #readLater(key: string): void {
    const { nodes, caller, random } = this.#options;
    if (random.next() >= READ_SHARE) return;
    const node = nodes[Math.floor(random.next() * nodes.length)]!;
    const read = async (): Promise<void> => {
      await pause(random.next() * READ_LATER_MS);
      await caller.read(node, key, decisionOf(key));
    };
    void this.#track(read());
  }

  #track(work: Promise<unknown>): Promise<void> {
    const tracked = work.then(() => void this.#open.delete(tracked));
    this.#open.add(tracked);
    return tracked;
  }

  #askLocals(): void {
    const { nodes, caller } = this.#options;
    for (const node of nodes) {
      if (this.#isLocalBusy.has(node.name)) continue;
      this.#isLocalBusy.add(node.name);
      void caller.local(node).finally(() => this.#isLocalBusy.delete(node.name));
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
