/** This kernel as a node runs it: telemetry port, supervision and a subscriber of the tree are in place. */
import { query, queryAll, spawn, spawnStateless, start, stop } from '../../../runtime/kernel/index.ts';
import type { ActorContext, ActorRef, ActorSystem } from '../../../runtime/kernel/index.ts';
import { nullTelemetry } from '../../../runtime/telemetry/null-telemetry.ts';
import type { BenchMessage, Crowd, Holder, Reaction, Stage, Subject } from '../subject.ts';

interface Question {
  readonly value: number;
  readonly replyTo: ActorRef<number>;
}

type Ref = ActorRef<BenchMessage>;

const SUPERVISED = { initialState: 0, onCrash: () => 'reset' as const };
const ASK = { timeoutMs: 60_000 };

class WitanStage implements Stage<Ref> {
  readonly #system: ActorSystem = start({ telemetry: nullTelemetry });

  constructor() {
    this.#system.subscribe(() => {});
  }

  spawn(reaction: Reaction): Ref {
    return spawn<number, BenchMessage>(this.#system, reaction, undefined, SUPERVISED);
  }

  tell(ref: Ref, message: BenchMessage): void {
    ref.tell(message);
  }

  responder(): Ref {
    const answer = ({ value, replyTo }: Question): void => replyTo.tell(value + 1);
    return spawnStateless<Question>(this.#system, answer) as unknown as Ref;
  }

  ask(ref: Ref, value: number): Promise<number> {
    return query<Question, number>(
      ref as unknown as ActorRef<Question>,
      (replyTo) => ({ value, replyTo }),
      ASK,
    );
  }

  async askAll(refs: readonly Ref[], value: number): Promise<number[]> {
    const asked = refs as unknown as readonly ActorRef<Question>[];
    const answers = await queryAll<Question, number>(asked, (replyTo) => ({ value, replyTo }), ASK);
    return answers.map((answer) => (answer.status === 'answered' ? answer.value : Number.NaN));
  }

  family(childCount: number, reaction: Reaction): Ref {
    const parent = this.spawn(reaction);
    for (let child = 0; child < childCount; child += 1) spawn(parent as ActorRef<never>, idle);
    return parent;
  }

  crowd(refs: (Ref | undefined)[], reaction: Reaction): Crowd {
    const parent = spawnStateless<never>(this.#system, () => {});
    for (let at = 0; at < refs.length; at += 1) {
      refs[at] = spawn<number, BenchMessage>(parent, reaction, undefined, SUPERVISED);
    }
    return { stop: () => stop(parent) };
  }

  after(delayMs: number, onFire: () => void): void {
    spawn(
      this.#system,
      (state: number, message: 'arm' | 'fire', ctx: ActorContext<'arm' | 'fire'>) => {
        if (message === 'arm') ctx.setTimer('due', delayMs, 'fire');
        else {
          onFire();
          ctx.stop();
        }
        return state;
      },
      undefined,
      SUPERVISED,
    ).tell('arm');
  }

  holder(capacity: number): Holder<Ref> {
    const held: Question[] = [];
    const take = (_: undefined, question: Question): undefined => void held.push(question);
    const ref = spawn(this.#system, take, undefined, { mailbox: { capacity } }) as unknown as Ref;
    return {
      ref,
      heldCount: () => held.length,
      release: () => {
        for (const { value, replyTo } of held) replyTo.tell(value * 3);
      },
    };
  }
}

function idle(): undefined {
  return undefined;
}

/** See {@link Subject}. */
export const witan: Subject<Ref> = { version: 'this tree', open: async () => new WitanStage(), cannot: {} };
