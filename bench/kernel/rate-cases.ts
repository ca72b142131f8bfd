/** Cases that count messages, questions or actors a second. */
import { add, gate, pass, passed, REACTIONS, SHAPES } from './reactions.ts';
import type { CaseName, Reaction, Stage } from './subject.ts';

/** Does `count` units of work and gives the time that counts, ms. */
export type Work = (count: number) => Promise<number>;

/** Sets a case up once per process. */
export type RateCase = <Ref>(stage: Stage<Ref>) => Promise<Work>;

/** Messages told before the sender waits for them: they fit into the default mailbox. */
const BATCH_COUNT = 1_000;
const COUNCIL_COUNT = 12;
const SPAWN_BATCH_COUNT = 1_000;

const tell: RateCase = async (stage) => {
  const actor = await stage.spawn(add);
  return timed(async (count) => {
    for (let sent = 0; sent < count; sent += BATCH_COUNT) {
      const done = passed(BATCH_COUNT);
      for (let value = 0; value < BATCH_COUNT; value += 1) stage.tell(actor, { type: 'add', value });
      await done;
    }
  });
};

const tellMega: RateCase = async (stage) => {
  const actors = await Promise.all(REACTIONS.map((reaction) => stage.spawn(reaction)));
  return timed(async (count) => {
    for (let sent = 0; sent < count; sent += BATCH_COUNT) {
      const done = passed(BATCH_COUNT);
      for (let value = 0; value < BATCH_COUNT; value += 1) {
        // Each actor meets every shape.
        stage.tell(actors[value & 31]!, SHAPES[(value >>> 5) & 7]!(value));
      }
      await done;
    }
  });
};

const pingPong: RateCase = async (stage) => {
  const left = await stage.spawn((state, message) => returned(state, message.value, () => right));
  const right = await stage.spawn((state, message) => returned(state, message.value, () => left));
  function returned(state: number, value: number, to: () => typeof left): number {
    pass();
    if (gate.left > 0) stage.tell(to(), { type: 'ball', value: value + 1 });
    return state + 1;
  }
  return timed(async (count) => {
    const done = passed(count);
    stage.tell(left, { type: 'ball', value: 0 });
    await done;
  });
};

function asking(openCount: number): RateCase {
  return async (stage) => {
    const actor = await stage.responder();
    const asker = async (count: number): Promise<void> => {
      for (let value = 0; value < count; value += 1) {
        const answer = await stage.ask(actor, value);
        if (answer !== value + 1) throw new RangeError(`asked ${value}, answered ${answer}`);
      }
    };
    return timed(async (count) => {
      await Promise.all(Array.from({ length: openCount }, () => asker(Math.ceil(count / openCount))));
    });
  };
}

const council: RateCase = async (stage) => {
  const seats = await Promise.all(Array.from({ length: COUNCIL_COUNT }, () => stage.responder()));
  return timed(async (count) => {
    for (let value = 0; value < count; value += 1) {
      const answers = await stage.askAll(seats, value);
      let sum = 0;
      for (const answer of answers) sum += answer;
      if (sum !== COUNCIL_COUNT * (value + 1)) throw new RangeError(`round ${value} added up to ${sum}`);
    }
  });
};

const spawn: RateCase = async (stage) => async (count) => {
  let elapsedMs = 0;
  for (let made = 0; made < count; made += SPAWN_BATCH_COUNT) {
    const refs = new Array<never>(SPAWN_BATCH_COUNT).fill(undefined as never);
    const startMs = performance.now();
    const crowd = await stage.crowd(refs, add as Reaction);
    const done = passed(SPAWN_BATCH_COUNT);
    for (let value = 0; value < SPAWN_BATCH_COUNT; value += 1)
      stage.tell(refs[value]!, { type: 'add', value });
    await done;
    elapsedMs += performance.now() - startMs;
    await crowd.stop();
  }
  return elapsedMs;
};

function timed(work: (count: number) => Promise<void>): Work {
  return async (count) => {
    const startMs = performance.now();
    await work(count);
    return performance.now() - startMs;
  };
}

/** Smallest count that a case can do, so that counts are multiples of it. */
export const STEP_COUNT: Partial<Record<CaseName, number>> = {
  tell: BATCH_COUNT,
  'tell-mega': BATCH_COUNT,
  spawn: SPAWN_BATCH_COUNT,
  ask64: 64,
};

/** Rate cases by name. */
export const RATE_CASES: Partial<Record<CaseName, RateCase>> = {
  tell,
  'tell-mega': tellMega,
  pingpong: pingPong,
  ask1: asking(1),
  ask64: asking(64),
  council12: council,
  spawn,
};
