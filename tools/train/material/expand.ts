/** Turns templates into sentences: `[a|b]` is one of several, `{slot}` a word of a list. Same seed, same text. */

/** Lists by the name of their slot. */
export type Slots = Readonly<Record<string, readonly string[]>>;

/** Numbers in [0, 1) that follow from the seed. @source mulberry32, public domain */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `count` different sentences at most, in a fixed order. */
export function expand(templates: readonly string[], slots: Slots, count: number, seed: number): string[] {
  const next = numbersFrom(seed);
  const pick = (list: readonly string[]): string => list[Math.floor(next() * list.length)]!;
  const found = new Set<string>();
  const most = count * 4;
  for (let attempt = 0; attempt < most && found.size < count; attempt += 1) {
    let text = templates[attempt % templates.length]!;
    for (let depth = 0; depth < 4 && /[[{]/.test(text); depth += 1) {
      text = text.replace(/\{([a-z-]+)\}/g, (_, slot: string) => pick(slots[slot] ?? [slot]));
      text = text.replace(/\[([^[\]]*)\]/g, (_, list: string) => pick(list.split('|')));
    }
    text = text.replace(/ {2,}/g, ' ').trim();
    found.add(disguiseCase(text, next()));
  }
  return [...found];
}

/** People write in many ways: some of all sentences lose their capitals or their last stop. */
function disguiseCase(text: string, chance: number): string {
  if (chance < 0.3) return text.toLowerCase().replace(/[.!?]$/, '');
  if (chance < 0.36) return text.toUpperCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
