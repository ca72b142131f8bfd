/**
 * Builds the converter of one message from its zod schema and its protobuf descriptor, side by side.
 *
 * Both are walked once; a field that only one of them has, or that they hold in forms that do not fit, is a
 * programmer's error that throws here. So a converter that exists carries every field, both ways.
 */
import type { DescField, DescMessage, DescOneof, MessageShape } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import type { z } from 'zod';
import { WitanError } from '../../errors.ts';
import { dottedPath } from '../../parse-json.ts';
import { JSON_TEXT } from './json-codec.ts';
import { INT64, listCodec, SAME, wordCodec } from './value-codec.ts';
import type { Decoding, ValueCodec } from './value-codec.ts';

/** Converter of one message. */
export interface MessageCodec<S extends z.ZodType = z.ZodType, D extends DescMessage = DescMessage> {
  readonly schema: S;
  readonly desc: D;
  encode(value: z.output<S>): MessageShape<D>;
  /**
   * Gives the value that `schema` then parses; `path` is where the message stands in a larger one.
   * @throws invalid_argument, unknown_field, bad_encoding, too_large, too_deep with `details.path`
   */
  decode(
    message: MessageShape<D>,
    options?: { readonly path?: readonly PropertyKey[]; readonly strict?: boolean },
  ): unknown;
}

/** Makes the converter of `schema` and `desc`. Throws an `Error` that names every field that does not fit. */
export function compileMessage<S extends z.ZodType, D extends DescMessage>(
  schema: S,
  desc: D,
): MessageCodec<S, D> {
  const codec = messageCodec(schema, desc);
  return {
    schema,
    desc,
    encode: (value) => codec.encode(value) as MessageShape<D>,
    decode: (message, { path = [], strict = true } = {}) =>
      codec.decode(message, { path: [...path], strict }),
  };
}

type Def = z.core.$ZodTypes['_zod']['def'];
type Record_ = Record<string, unknown>;

const defOf = (schema: z.core.$ZodType): Def => (schema as z.core.$ZodTypes)._zod.def;

function messageCodec(schema: z.core.$ZodType, desc: DescMessage): ValueCodec {
  const def = defOf(schema);
  if (def.type === 'object') return objectCodec(def.shape, desc);
  if (def.type === 'union') return unionCodec(def, desc);
  throw misfit(desc, `a ${def.type} is no message`);
}

interface MemberCodec {
  readonly key: string;
  /** Name of the property on the message. */
  readonly local: string;
  /** What an unset field stands for; `none`: it is always set. */
  readonly unset: 'undefined' | 'null' | 'none';
  readonly codec: ValueCodec;
}

function objectCodec(shape: Readonly<Record<string, z.core.$ZodType>>, desc: DescMessage): ValueCodec {
  const members = Object.entries(shape).map(([key, schema]) => memberCodec(key, schema, desc));
  checkAllUsed(desc, new Set(members.map((member) => member.local)));
  return membersCodec(members, desc);
}

function membersCodec(members: readonly MemberCodec[], desc: DescMessage): ValueCodec {
  return {
    encode: (value) => {
      const message: Record_ = { $typeName: desc.typeName };
      for (const { key, local, codec } of members) {
        const one = (value as Record_)[key];
        if (one !== undefined && one !== null) message[local] = codec.encode(one);
      }
      return message;
    },
    decode: (message, state) => {
      checkUnknown(message as Record_, state);
      const value: Record_ = {};
      for (const { key, local, unset, codec } of members) {
        const one = (message as Record_)[local];
        if (one === undefined) {
          if (unset === 'null') value[key] = null;
          continue;
        }
        state.path.push(key);
        value[key] = codec.decode(one, state);
        state.path.pop();
      }
      return value;
    },
  };
}

function memberCodec(key: string, schema: z.core.$ZodType, desc: DescMessage): MemberCodec {
  const { core, unset } = unwrap(schema);
  const isJson = defOf(core).type === 'record' || defOf(core).type === 'lazy';
  const name = snakeCase(key) + (isJson ? '_json' : '');
  const field = desc.fields.find((one) => one.name === name && !one.oneof);
  if (!field) throw misfit(desc, `there is no field ${name} for ${key}`);
  const codec = isJson ? jsonCodec(field) : fieldCodec(core, field, unset !== 'none');
  const isExplicit = field.presence === 1 && field.fieldKind !== 'message';
  if (field.fieldKind !== 'message' && isExplicit !== (unset !== 'none')) {
    throw misfit(desc, `${name} must ${isExplicit ? 'not ' : ''}be optional`);
  }
  return { key, local: field.localName, unset, codec };
}

function unwrap(schema: z.core.$ZodType): { core: z.core.$ZodType; unset: MemberCodec['unset'] } {
  let core = schema;
  let unset: MemberCodec['unset'] = 'none';
  for (;;) {
    const def = defOf(core);
    if (def.type === 'optional' || def.type === 'nullable') {
      const means = def.type === 'optional' ? 'undefined' : 'null';
      if (unset !== 'none' && unset !== means) throw new Error('a field is both optional and nullable');
      unset = means;
    } else if (def.type !== 'default' && def.type !== 'readonly') return { core, unset };
    core = def.innerType;
  }
}

function fieldCodec(schema: z.core.$ZodType, field: DescField, maybeUnset: boolean): ValueCodec {
  const def = defOf(schema);
  if (def.type === 'array' || def.type === 'tuple') {
    const item = def.type === 'array' ? def.element : def.items[0]!;
    if (!maybeUnset) return listCodec(itemCodec(item, field));
    // A repeated field cannot be absent: a message of one holds it.
    const inner = field.fieldKind === 'message' ? field.message.fields : [];
    if (inner.length !== 1 || inner[0]!.name !== 'items') throw misfit(field, 'must be a message with items');
    return wrappedList(listCodec(itemCodec(item, inner[0]!)), field);
  }
  if (field.fieldKind === 'message') return messageCodec(schema, field.message);
  if (field.fieldKind === 'enum') return wordsOf(schema, field.enum, field);
  if (field.fieldKind === 'scalar') return scalarCodec(schema, field.scalar, field);
  throw misfit(field, `a ${def.type} does not fit`);
}

function itemCodec(schema: z.core.$ZodType, field: DescField): ValueCodec {
  if (field.fieldKind !== 'list') throw misfit(field, 'must be repeated');
  if (field.listKind === 'message') return messageCodec(schema, field.message);
  if (field.listKind === 'enum') return wordsOf(schema, field.enum, field);
  return scalarCodec(schema, field.scalar, field);
}

function wrappedList(list: ValueCodec, field: DescField): ValueCodec {
  const $typeName = field.message!.typeName;
  return {
    encode: (value) => ({ $typeName, items: list.encode(value) }),
    decode: (message, state) => {
      checkUnknown(message as Record_, state);
      return list.decode((message as Record_)['items'], state);
    },
  };
}

function jsonCodec(field: DescField): ValueCodec {
  if (field.scalar !== ScalarType.STRING) throw misfit(field, 'must be a string of JSON');
  return JSON_TEXT;
}

function scalarCodec(schema: z.core.$ZodType, scalar: ScalarType, field: DescField): ValueCodec {
  const wanted = scalarOf(schema);
  if (wanted !== scalar) {
    throw misfit(field, `must be ${ScalarType[wanted ?? ScalarType.BYTES]}, is ${ScalarType[scalar]}`);
  }
  return scalar === ScalarType.INT64 ? INT64 : SAME;
}

const INT32_MAX = 2_147_483_647;

/** The one scalar that holds every value of a schema, and no more than it needs. */
function scalarOf(schema: z.core.$ZodType): ScalarType | undefined {
  const def = defOf(schema);
  switch (def.type) {
    case 'string':
      return ScalarType.STRING;
    case 'boolean':
      return ScalarType.BOOL;
    case 'number': {
      const { isInt, minValue, maxValue } = schema as z.ZodNumber;
      if (!isInt) return ScalarType.DOUBLE;
      const isSmall = (maxValue ?? Infinity) <= INT32_MAX && (minValue ?? -Infinity) >= -INT32_MAX;
      return isSmall ? ScalarType.INT32 : ScalarType.INT64;
    }
    case 'literal':
      return def.values.every((value) => typeof value === 'string') ? ScalarType.STRING : ScalarType.INT32;
    case 'union':
      return def.options.every((option) => defOf(option).type === 'literal') ? ScalarType.INT32 : undefined;
    default:
      return undefined;
  }
}

function wordsOf(
  schema: z.core.$ZodType,
  desc: { readonly values: readonly { readonly localName: string; readonly number: number }[] },
  field: DescField,
): ValueCodec {
  const def = defOf(schema);
  const words = def.type === 'enum' ? Object.values(def.entries).map(String) : [];
  const numbers = new Map(desc.values.slice(1).map(({ localName, number }) => [localName, number]));
  const known = new Map(words.map((word) => [word, numbers.get(word.replaceAll('-', '_').toUpperCase())]));
  if (known.size !== numbers.size || [...known.values()].includes(undefined)) {
    throw misfit(field, `values are ${[...numbers.keys()].join(', ')}, must be ${words.join(', ')}`);
  }
  return wordCodec(known as ReadonlyMap<string, number>);
}

interface UnionCase {
  readonly word: string;
  readonly codec: ValueCodec;
  readonly ownKeys: readonly string[];
}

/** A union told apart by one field: what all have in common stands beside a oneof of the rest. */
function unionCodec(def: { readonly options: readonly z.core.$ZodType[] }, desc: DescMessage): ValueCodec {
  const by = (def as { discriminator?: string }).discriminator;
  const oneof = desc.oneofs[0];
  if (by === undefined || !oneof || desc.oneofs.length > 1) throw misfit(desc, 'must hold one oneof');
  const shapes = def.options.map((option) => {
    const optionDef = defOf(option);
    if (optionDef.type !== 'object') throw misfit(desc, 'a choice is no object');
    return optionDef.shape;
  });
  const isShared = (key: string): boolean => shapes.every((shape) => key in shape && key !== by);
  const shared = Object.entries(shapes[0]!)
    .filter(([key]) => isShared(key))
    .map(([key, schema]) => memberCodec(key, schema, desc));
  const cases = new Map(shapes.map((shape) => caseOf(shape, { by, oneof, isShared })));
  checkAllUsed(desc, new Set([...shared.map((member) => member.local), ...cases.keys()]));
  return casesCodec({ shared: membersCodec(shared, desc), cases, by, oneof });
}

function caseOf(
  shape: Readonly<Record<string, z.core.$ZodType>>,
  { by, oneof, isShared }: { by: string; oneof: DescOneof; isShared(key: string): boolean },
): [string, UnionCase] {
  const byDef = defOf(shape[by]!);
  const word = byDef.type === 'literal' ? String(byDef.values[0]) : '';
  const name = word.replaceAll('-', '_');
  const field = oneof.fields.find((one) => one.name === name);
  if (field?.fieldKind !== 'message') throw misfit(oneof.parent, `there is no choice ${name}`);
  const own = Object.entries(shape).filter(([key]) => key !== by && !isShared(key));
  const codec = objectCodec(Object.fromEntries(own), field.message);
  return [field.localName, { word, codec, ownKeys: own.map(([key]) => key) }];
}

function casesCodec(parts: {
  readonly shared: ValueCodec;
  readonly cases: ReadonlyMap<string, UnionCase>;
  readonly by: string;
  readonly oneof: DescOneof;
}): ValueCodec {
  const { shared, cases, by, oneof } = parts;
  const names = new Map([...cases].map(([name, { word }]) => [word, name]));
  return {
    encode: (value) => {
      const name = names.get((value as Record_)[by] as string)!;
      const message = shared.encode(value) as Record_;
      message[oneof.localName] = { case: name, value: cases.get(name)!.codec.encode(value) };
      return message;
    },
    decode: (message, state) => {
      const value = shared.decode(message, state) as Record_;
      const chosen = (message as Record<string, { case?: string; value?: unknown }>)[oneof.localName]!;
      const one = chosen.case === undefined ? undefined : cases.get(chosen.case);
      if (!one) {
        throw new WitanError('invalid_argument', `none of the choices of ${oneof.name} is set`, {
          path: dottedPath([...state.path, by]),
          expected: `one of ${[...names.keys()].join(', ')}`,
        });
      }
      return { ...value, [by]: one.word, ...(one.codec.decode(chosen.value, state) as Record_) };
    },
  };
}

function checkUnknown(message: Record_, { path, strict }: Decoding): void {
  const unknown = message['$unknown'] as { no: number }[] | undefined;
  if (!strict || unknown === undefined || unknown.length === 0) return;
  throw new WitanError('unknown_field', `there is no field number ${unknown[0]!.no}`, {
    path: dottedPath([...path, `#${unknown[0]!.no}`]),
    expected: 'a known field',
  });
}

function checkAllUsed(desc: DescMessage, used: ReadonlySet<string>): void {
  const unused = desc.fields.filter((field) => !used.has(field.localName)).map((field) => field.name);
  if (unused.length > 0) throw misfit(desc, `no schema field for ${unused.join(', ')}`);
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function misfit(desc: DescMessage | DescField, what: string): Error {
  const name = desc.kind === 'message' ? desc.typeName : `${desc.parent.typeName}.${desc.name}`;
  return new Error(`${name}: ${what}`);
}
