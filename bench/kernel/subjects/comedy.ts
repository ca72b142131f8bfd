/** comedy 2.1: actors in its in-memory mode, where no message leaves the process. */
import { createRequire } from 'node:module';
import { packageVersion } from '../package-version.ts';
import type { BenchMessage, Crowd, Holder, Reaction, Stage, Subject } from '../subject.ts';

interface Ref {
  createChild(behavior: object, options: { mode: 'in-memory' }): Promise<Ref>;
  send(topic: string, message: BenchMessage): Promise<void>;
  sendAndReceive(topic: string, value: number): Promise<number>;
  destroy(): Promise<void>;
}

interface Comedy {
  createSystem(options: object): { rootActor(): Promise<Ref> };
}

const require = createRequire(import.meta.url);
const IN_MEMORY = { mode: 'in-memory' } as const;
const SILENT = { isDebug: () => false, debug() {}, info() {}, warn() {}, error() {} };

class ComedyStage implements Stage<Ref> {
  readonly #root: Ref;

  constructor(root: Ref) {
    this.#root = root;
  }

  spawn(reaction: Reaction): Promise<Ref> {
    return this.#root.createChild(reacting(reaction), IN_MEMORY);
  }

  tell(ref: Ref, message: BenchMessage): void {
    void ref.send('tell', message);
  }

  responder(): Promise<Ref> {
    return this.#root.createChild({ ask: (value: number) => value + 1 }, IN_MEMORY);
  }

  ask(ref: Ref, value: number): Promise<number> {
    return ref.sendAndReceive('ask', value);
  }

  askAll(refs: readonly Ref[], value: number): Promise<number[]> {
    return Promise.all(refs.map((ref) => ref.sendAndReceive('ask', value)));
  }

  async family(childCount: number, reaction: Reaction): Promise<Ref> {
    let self: Ref | undefined;
    const behavior = { ...reacting(reaction), initialize: (actor: Ref) => void (self = actor) };
    const parent = await this.#root.createChild(behavior, IN_MEMORY);
    for (let child = 0; child < childCount; child += 1)
      await self!.createChild({ tell: () => {} }, IN_MEMORY);
    return parent;
  }

  async crowd(refs: (Ref | undefined)[], reaction: Reaction): Promise<Crowd> {
    let self: Ref | undefined;
    const parent = await this.#root.createChild(
      { initialize: (actor: Ref) => void (self = actor) },
      IN_MEMORY,
    );
    for (let at = 0; at < refs.length; at += 1)
      refs[at] = await self!.createChild(reacting(reaction), IN_MEMORY);
    return { stop: () => parent.destroy() };
  }

  after(delayMs: number, onFire: () => void): void {
    void this.#root.createChild({ tell: () => onFire() }, IN_MEMORY).then((actor) => {
      setTimeout(() => void actor.send('tell', { type: 'fire', value: 0 }), delayMs);
    });
  }

  async holder(): Promise<Holder<Ref>> {
    const held: (() => void)[] = [];
    const ask = (value: number): Promise<number> =>
      new Promise((resolve) => held.push(() => resolve(value * 3)));
    return {
      ref: await this.#root.createChild({ ask }, IN_MEMORY),
      heldCount: () => held.length,
      release: () => {
        for (const answer of held) answer();
      },
    };
  }
}

function reacting(reaction: Reaction): object {
  let state = 0;
  return { tell: (message: BenchMessage) => void (state = reaction(state, message)) };
}

/** See {@link Subject}. */
export const comedy: Subject<Ref> = {
  version: packageVersion('comedy'),
  open: async () => {
    const { createSystem } = require('comedy') as Comedy;
    return new ComedyStage(await createSystem({ log: SILENT, test: true }).rootActor());
  },
  cannot: {},
  crowdCount: 10_000,
};
