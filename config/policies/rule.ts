/** Form of policy rules: data, with typed operators and no code. */
import { z } from 'zod';
import { RiskLevel } from '../../contracts/messages/decision.ts';

/** Dotted path into the request's context (`context.amount`), or `type`, `risk_level`, `audience`. */
const Field = z
  .string()
  .regex(
    /^(type|risk_level|audience|context(\.[A-Za-z0-9_-]{1,100}){1,16})$/,
    'type, risk_level, audience or context.<path>',
  );

const Scalar = z.union([z.string().max(1_000), z.number(), z.boolean()]);

/** One typed test of one field. A field that is absent satisfies `absent` and nothing else. */
export const Condition = z.discriminatedUnion('operator', [
  z.strictObject({ field: Field, operator: z.literal('equals'), value: Scalar }),
  z.strictObject({ field: Field, operator: z.literal('not-equals'), value: Scalar }),
  z.strictObject({ field: Field, operator: z.literal('in'), values: z.array(Scalar).min(1).max(1_000) }),
  z.strictObject({ field: Field, operator: z.literal('at-least'), value: z.number() }),
  z.strictObject({ field: Field, operator: z.literal('at-most'), value: z.number() }),
  z.strictObject({ field: Field, operator: z.literal('starts-with'), value: z.string().min(1).max(1_000) }),
  z.strictObject({ field: Field, operator: z.literal('contains'), value: z.string().min(1).max(1_000) }),
  z.strictObject({ field: Field, operator: z.literal('present') }),
  /** Absent, null, empty text or false. */
  z.strictObject({ field: Field, operator: z.literal('absent') }),
  z.strictObject({ field: Field, operator: z.literal('risk-at-least'), value: RiskLevel }),
]);
/** See {@link Condition}. */
export type Condition = z.infer<typeof Condition>;

/** One rule: applies when all its conditions hold. */
export const PolicyRule = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,79}$/, 'kebab-case'),
  effect: z.enum(['deny', 'needs-review', 'allow']),
  when: z.array(Condition).max(20),
  /** Shown to the caller. */
  reason: z.string().min(1).max(500),
});
/** See {@link PolicyRule}. */
export type PolicyRule = z.infer<typeof PolicyRule>;

/**
 * A set of rules made from one constitution. The strongest effect wins: deny, then needs review, then
 * allow.
 */
export const PolicyBundle = z.strictObject({
  /** Name of the constitution that the rules are made from. */
  constitution: z.string().min(1).max(200),
  /** Principles in words; with the name, what the constitution hash covers. */
  principles: z.array(z.string().min(1).max(1_000)).max(200),
  rules: z.array(PolicyRule).max(10_000),
});
/** See {@link PolicyBundle}. */
export type PolicyBundle = z.infer<typeof PolicyBundle>;
