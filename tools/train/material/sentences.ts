/** Sentences written for training, as templates: see `expand`. The lists lie in JSON beside this file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Slots } from './expand.ts';

interface InjectionLists {
  attacks: string[];
  plantedOrders: string[];
  attacksLong: string[];
  attackSlots: Record<string, string[]>;
  plantedSlots: Record<string, string[]>;
  longSlots: Record<string, string[]>;
  harmless: string[];
  harmlessLong: string[];
  talkOfAttacks: string[];
  harmlessSlots: Record<string, string[]>;
}

interface LanguageLists {
  identities: string[];
  abuse: string[];
  civil: string[];
  mentions: string[];
  slots: Record<string, string[]>;
  crisis: string[];
  noCrisis: string[];
}

const injection = read('injection.json') as InjectionLists;
const language = read('language.json') as LanguageLists;

/** Words of orders against the instructions of an assistant. */
export const ATTACK_SLOTS: Slots = injection.attackSlots;
/** Orders of a user against the instructions. */
export const ATTACKS: readonly string[] = injection.attacks;
/** Orders that hide in a document, for whoever reads it by machine. */
export const PLANTED_ORDERS: readonly string[] = injection.plantedOrders;
/** Words of {@link PLANTED_ORDERS}. */
export const PLANTED_SLOTS: Slots = { ...ATTACK_SLOTS, ...injection.plantedSlots };
/** A persona without rules, told at length, as people pass it on. */
export const ATTACKS_LONG: readonly string[] = injection.attacksLong;
/** Harmless requests that use the words of attacks, and their words. */
export const HARMLESS: readonly string[] = injection.harmless;
/** Words of {@link HARMLESS}. */
export const HARMLESS_SLOTS: Slots = injection.harmlessSlots;
/** Longer requests: a role, what is wanted, and rules of the answer. */
export const HARMLESS_LONG: readonly string[] = injection.harmlessLong;
/** Talk about attacks, as documents hold it. */
export const TALK_OF_ATTACKS: readonly string[] = injection.talkOfAttacks;
/** Words of {@link ATTACKS_LONG}. */
export const LONG_SLOTS: Slots = {
  ...ATTACK_SLOTS,
  job: HARMLESS_SLOTS['job']!,
  plain: HARMLESS_SLOTS['line']!,
  ...injection.longSlots,
};

/** Groups of people: each stands in as many harmless sentences as every other. */
export const IDENTITIES: readonly string[] = language.identities;
/** Abuse. */
export const ABUSE: readonly string[] = language.abuse;
/** Harmless talk: about groups, about quarrels, with strong words for things. */
export const CIVIL: readonly string[] = language.civil;
/** Harmless sentences that mention a group and say nothing about it. */
export const MENTIONS: readonly string[] = language.mentions;
/** Words of all three. */
export const TOXICITY_SLOTS: Slots = { who: IDENTITIES, ...language.slots };
/** Cries for help; no public set may be used for these. */
export const CRISIS: readonly string[] = language.crisis;
/** Idioms, study, help for others in the open. */
export const NO_CRISIS: readonly string[] = language.noCrisis;

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'));
}
