/** nact 7.6.2, used as its own documentation shows. */
import { createRequire } from 'node:module';
import { packageVersion } from '../package-version.ts';
import type { BenchMessage, Crowd, Holder, Reaction, Stage, Subject } from '../subject.ts';

interface Ref {
  readonly path: unknown;
}

interface Question {
  readonly value: number;
  readonly sender: Ref;
}

type Handler<S, M> = (state: S, message: M) => S | void;

/** The part of nact's surface that the cases use; its own typings stand in an ambient module. */
interface Nact {
  start(): Ref;
  stop(ref: Ref): void;
  dispatch(ref: Ref, message: unknown): void;
  query(ref: Ref, makeMessage: (sender: Ref) => Question, timeoutMs: number): Promise<number>;
  spawn<S, M>(parent: Ref, handler: Handler<S, M>, name?: string, properties?: { initialState: S }): Ref;
  spawnStateless<M>(parent: Ref, handler: (message: M) => void): Ref;
}

const require = createRequire(import.meta.url);
const TIMEOUT_MS = 60_000;
const COUNTED = { initialState: 0 };

class NactStage implements Stage<Ref> {
  readonly #nact = require('nact') as Nact;
  readonly #system = this.#nact.start();

  spawn(reaction: Reaction): Ref {
    return this.#nact.spawn<number, BenchMessage>(this.#system, reaction, undefined, COUNTED);
  }

  tell(ref: Ref, message: BenchMessage): void {
    this.#nact.dispatch(ref, message);
  }

  responder(): Ref {
    const { dispatch } = this.#nact;
    return this.#nact.spawnStateless<Question>(this.#system, ({ value, sender }) =>
      dispatch(sender, value + 1),
    );
  }

  ask(ref: Ref, value: number): Promise<number> {
    return this.#nact.query(ref, (sender) => ({ value, sender }), TIMEOUT_MS);
  }

  askAll(refs: readonly Ref[], value: number): Promise<number[]> {
    return Promise.all(refs.map((ref) => this.ask(ref, value)));
  }

  family(childCount: number, reaction: Reaction): Ref {
    const parent = this.spawn(reaction);
    for (let child = 0; child < childCount; child += 1) this.#nact.spawnStateless(parent, () => {});
    return parent;
  }

  crowd(refs: (Ref | undefined)[], reaction: Reaction): Crowd {
    const { spawn, spawnStateless, stop } = this.#nact;
    const parent = spawnStateless(this.#system, () => {});
    for (let at = 0; at < refs.length; at += 1) {
      // Its own names are random, and among 100,000 two are often the same, which throws.
      refs[at] = spawn<number, BenchMessage>(parent, reaction, `$${at}`, COUNTED);
    }
    return { stop: async () => stop(parent) };
  }

  after(delayMs: number, onFire: () => void): void {
    const actor = this.#nact.spawnStateless(this.#system, () => {
      onFire();
      this.#nact.stop(actor);
    });
    setTimeout(() => this.#nact.dispatch(actor, 'fire'), delayMs);
  }

  holder(): Holder<Ref> {
    const held: Question[] = [];
    const ref = this.#nact.spawnStateless<Question>(this.#system, (question) => void held.push(question));
    return {
      ref,
      heldCount: () => held.length,
      release: () => {
        for (const { value, sender } of held) this.#nact.dispatch(sender, value * 3);
      },
    };
  }
}

/** See {@link Subject}. */
export const nact: Subject<Ref> = {
  version: packageVersion('nact'),
  open: async () => new NactStage(),
  cannot: {},
  // It never gets through a million: its 31-bit random reply ids collide, and each ask holds a timer.
  asksInFlight: 150_000,
};
