/** The 32 behaviors and 8 message shapes of `tell-mega`: nothing in them stays monomorphic. */
import type { BenchMessage, Reaction } from './subject.ts';

/** Counts messages down; one object per process, so that every subject pays the same for it. */
export const gate: { left: number; open: () => void } = { left: 0, open: () => {} };

/** Resolves after `count` calls of {@link pass}. */
export function passed(count: number): Promise<void> {
  return new Promise((open) => {
    gate.left = count;
    gate.open = open;
  });
}

/** Notes one handled message. */
export function pass(): void {
  gate.left -= 1;
  if (gate.left === 0) gate.open();
}

/** The behavior of `tell`: adds up and counts. */
export const add: Reaction = (state, message) => {
  pass();
  return (state + message.value) | 0;
};

type Make = (value: number) => BenchMessage;

/** Eight object shapes that share two fields. */
export const SHAPES: readonly Make[] = [
  (value) => ({ type: 'a', value }),
  (value) => ({ value, type: 'b' }),
  (value) => ({ type: 'c', value, id: value }),
  (value) => ({ id: value, type: 'd', value }),
  (value) => ({ type: 'e', value, name: 'e', at: value }),
  (value) => ({ at: value, name: 'f', value, type: 'f' }),
  (value) => ({ type: 'g', tags: EMPTY, value }),
  (value) => ({ tags: EMPTY, nested: NESTED, value, type: 'h' }),
];

const EMPTY: readonly string[] = [];
const NESTED = { depth: 1 };

/** Thirty-two functions, each with code of its own. */
export const REACTIONS: readonly Reaction[] = [
  (s, m) => (pass(), (s + m.value) | 0),
  (s, m) => (pass(), (s - m.value) | 0),
  (s, m) => (pass(), s ^ m.value),
  (s, m) => (pass(), s | m.value),
  (s, m) => (pass(), s & m.value),
  (s, m) => (pass(), (s + m.value * 2) | 0),
  (s, m) => (pass(), (s - m.value * 2) | 0),
  (s, m) => (pass(), s ^ (m.value * 2)),
  (s, m) => (pass(), s | (m.value << 1)),
  (s, m) => (pass(), s & (m.value << 1)),
  (s, m) => (pass(), (s + m.type.length) | 0),
  (s, m) => (pass(), (s - m.type.length) | 0),
  (s, m) => (pass(), s ^ m.type.length),
  (s, m) => (pass(), s | m.type.length),
  (s, m) => (pass(), s & m.type.length),
  (s, m) => (pass(), m.value > s ? m.value : s),
  (s, m) => (pass(), m.value < s ? m.value : s),
  (s, m) => (pass(), m.type === 'a' ? s + 1 : s),
  (s, m) => (pass(), m.type === 'b' ? s + 1 : s),
  (s, m) => (pass(), m.type === 'c' ? s + 1 : s),
  (s, m) => (pass(), m.type === 'd' ? s + 1 : s),
  (s, m) => (pass(), m.type === 'e' ? s - 1 : s),
  (s, m) => (pass(), m.type === 'f' ? s - 1 : s),
  (s, m) => (pass(), m.type === 'g' ? s - 1 : s),
  (s, m) => (pass(), m.type === 'h' ? s - 1 : s),
  (s, m) => (pass(), (s + 3 * m.value) & 0xffff),
  (s, m) => (pass(), (s + 5 * m.value) & 0xffff),
  (s, m) => (pass(), (s + 7 * m.value) & 0xffff),
  (s, m) => (pass(), (s << 1) ^ m.value),
  (s, m) => (pass(), (s >> 1) ^ m.value),
  (s, m) => (pass(), (s >>> 1) + m.value),
  (s, m) => (pass(), m.value - s),
];
