/** No actors at all: one ring buffer of calls and a loop, as the limit of what one thread can do. */
import type { BenchMessage, Crowd, Holder, Reaction, Stage, Subject } from '../subject.ts';

interface Ref {
  readonly reaction: Reaction;
  state: number;
}

interface Question extends BenchMessage {
  readonly resolve: (value: number) => void;
}

const ENTRIES = 1 << 21;

class RingStage implements Stage<Ref> {
  readonly #refs = new Array<Ref | undefined>(ENTRIES).fill(undefined);
  readonly #messages = new Array<BenchMessage | undefined>(ENTRIES).fill(undefined);
  #head = 0;
  #size = 0;
  #isDraining = false;

  spawn(reaction: Reaction): Ref {
    return { reaction, state: 0 };
  }

  tell(ref: Ref, message: BenchMessage): void {
    const at = (this.#head + this.#size) & (ENTRIES - 1);
    this.#refs[at] = ref;
    this.#messages[at] = message;
    this.#size += 1;
    if (this.#isDraining) return;
    this.#isDraining = true;
    queueMicrotask(() => this.#drain());
  }

  #drain(): void {
    // A bound, so that an endless exchange leaves room for timers; the check costs nothing that shows.
    for (let count = 0; this.#size > 0; count += 1) {
      if (count === 10_000) return void setImmediate(() => this.#drain());
      const at = this.#head;
      const ref = this.#refs[at]!;
      const message = this.#messages[at]!;
      this.#messages[at] = undefined;
      this.#head = (at + 1) & (ENTRIES - 1);
      this.#size -= 1;
      ref.state = ref.reaction(ref.state, message);
    }
    this.#isDraining = false;
  }

  responder(): Ref {
    return this.spawn((state, question) => {
      (question as Question).resolve(question.value + 1);
      return state;
    });
  }

  ask(ref: Ref, value: number): Promise<number> {
    return new Promise((resolve) => this.tell(ref, { type: 'ask', value, resolve } as Question));
  }

  askAll(refs: readonly Ref[], value: number): Promise<number[]> {
    return new Promise((done) => {
      const answers: number[] = [];
      const resolve = (answer: number): void => {
        if (answers.push(answer) === refs.length) done(answers);
      };
      for (const ref of refs) this.tell(ref, { type: 'ask', value, resolve } as Question);
    });
  }

  family(_childCount: number, reaction: Reaction): Ref {
    return this.spawn(reaction);
  }

  crowd(refs: (Ref | undefined)[], reaction: Reaction): Crowd {
    for (let at = 0; at < refs.length; at += 1) refs[at] = this.spawn(reaction);
    return { stop: async () => {} };
  }

  after(delayMs: number, onFire: () => void): void {
    const actor = this.spawn((state) => {
      onFire();
      return state;
    });
    setTimeout(() => this.tell(actor, { type: 'fire', value: 0 }), delayMs);
  }

  holder(): Holder<Ref> {
    const held: Question[] = [];
    return {
      ref: this.spawn((_, question) => held.push(question as Question)),
      heldCount: () => held.length,
      release: () => {
        for (const { value, resolve } of held) resolve(value * 3);
      },
    };
  }
}

/** See {@link Subject}. */
export const ring: Subject<Ref> = {
  version: 'bare loop',
  open: async () => new RingStage(),
  cannot: { children: 'it has no children', 'idle-bytes': 'an object and a function are no actor' },
};
