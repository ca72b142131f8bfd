/** Values of a zod schema for property tests: every form that the wire messages use. */
import fc from 'fast-check';
import type { z } from 'zod';

type Def = z.core.$ZodTypes['_zod']['def'];

const defOf = (schema: z.core.$ZodType): Def => (schema as z.core.$ZodTypes)._zod.def;

/** JSON of bounded size, as a door takes it: an integer that a double cannot hold exactly is refused there. */
const json = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.stringify(value))
  .filter((text) =>
    [...text.matchAll(/-?\d+(?![\d.e])/g)].every(([digits]) => Number.isSafeInteger(Number(digits))),
  )
  .map((text) => JSON.parse(text) as unknown);

/** Arbitrary values that `schema` accepts; throws for a form that it does not know. */
export function arbitraryOf(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
  const def = defOf(schema);
  switch (def.type) {
    case 'object':
      return objectOf(schema, def.shape);
    case 'array':
      return fc.array(arbitraryOf(def.element), { maxLength: 3, minLength: minimum(schema) });
    case 'tuple':
      return fc.tuple(...def.items.map((item) => arbitraryOf(item)));
    case 'optional':
      return fc.option(arbitraryOf(def.innerType), { nil: undefined });
    case 'nullable':
      return fc.option(arbitraryOf(def.innerType), { nil: null });
    case 'default':
    case 'readonly':
      return arbitraryOf(def.innerType);
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries));
    case 'literal':
      return fc.constantFrom(...def.values);
    case 'union':
      return fc.oneof(...def.options.map((option) => arbitraryOf(option)));
    case 'record':
      return fc.dictionary(
        fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
        json,
        { maxKeys: 3 },
      );
    case 'boolean':
      return fc.boolean();
    case 'number':
      return numberOf(schema as z.ZodNumber);
    case 'string':
      return textOf(schema as z.ZodString);
    default:
      throw new Error(`no values for a ${def.type}`);
  }
}

function objectOf(
  schema: z.core.$ZodType,
  shape: Readonly<Record<string, z.core.$ZodType>>,
): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(
    Object.entries(shape).map(([key, member]) => [key, arbitraryOf(member)]),
  );
  return (
    fc
      .record(members)
      .map((value) => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)))
      // Rules that span fields, such as that something must say what is decided.
      .filter((value) => (schema as z.ZodType).safeParse(value).success)
  );
}

function numberOf(schema: z.ZodNumber): fc.Arbitrary<number> {
  const { isInt, minValue, maxValue } = schema;
  const max = Math.min(maxValue ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const min = Math.max(minValue ?? Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER);
  if (isInt) return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max));
  return fc.double({
    noNaN: true,
    noDefaultInfinity: true,
    min: Number.isFinite(minValue) ? min : -1e300,
    max: 1e300,
  });
}

function textOf(schema: z.ZodString): fc.Arbitrary<string> {
  if (schema.format === 'datetime') {
    const range = { min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true };
    return fc.date(range).map((date) => date.toISOString());
  }
  const checks = defOf(schema).checks ?? [];
  const pattern = checks
    .map((check) => (check._zod.def as { pattern?: RegExp }).pattern)
    .find((one): one is RegExp => one instanceof RegExp);
  if (pattern) return fc.stringMatching(pattern);
  const text = fc.string({
    unit: 'grapheme',
    maxLength: Math.min(schema.maxLength ?? 12, 12),
    minLength: minimum(schema),
  });
  return text.filter((one) => one.length >= minimum(schema) && one.length <= (schema.maxLength ?? 100));
}

function minimum(schema: z.core.$ZodType): number {
  const found = (defOf(schema).checks ?? []).map(
    (check) => (check._zod.def as { minimum?: unknown }).minimum,
  );
  return found.find((one): one is number => typeof one === 'number') ?? 0;
}
