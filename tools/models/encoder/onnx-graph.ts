/** Writes an ONNX graph node by node: names of values in, name of the value out. */
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from 'onnx-buf';

/** IR 8 is what opset 17 came with: read by each runtime since ONNX 1.12. */
const IR_VERSION = 8n;
const OPSET = 17n;

/** Attributes of a node: whole numbers, lists of them, or real numbers. */
export interface NodeAttributes {
  readonly ints?: Readonly<Record<string, number | readonly number[]>>;
  readonly floats?: Readonly<Record<string, number>>;
}

/** Element types that the graph's inputs, outputs and constants have. */
export type ElementType = 'float32' | 'int32' | 'int64';

const ELEMENT = { float32: DataType.FLOAT, int32: DataType.INT32, int64: DataType.INT64 } as const;

/** A graph in the making. Names must be unique; order of calls is order in the file. */
export class OnnxGraph {
  readonly #name: string;
  readonly #nodes: NodeProto[] = [];
  readonly #constants: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #names = new Set<string>();

  constructor(name: string) {
    this.#name = name;
  }

  /** Declares an input; a dimension that is a word is dynamic. */
  input(name: string, element: ElementType, dims: readonly (number | string)[]): string {
    this.#inputs.push(valueInfo(name, element, dims));
    return this.#take(name);
  }

  /** Declares that the value `name` is an output. */
  output(name: string, element: ElementType, dims: readonly (number | string)[]): void {
    if (!this.#names.has(name)) throw new RangeError(`no value is named ${name}`);
    this.#outputs.push(valueInfo(name, element, dims));
  }

  /** A constant of real numbers. */
  floats(name: string, values: Float32Array, dims: readonly number[]): string {
    const raw = new Uint8Array(values.length * 4);
    const view = new DataView(raw.buffer);
    // ONNX is little-endian whatever this machine is.
    for (const [index, value] of values.entries()) view.setFloat32(index * 4, value, true);
    return this.#constant(name, 'float32', dims, raw);
  }

  /** A constant of whole numbers (shapes, axes, bounds), as a row. */
  ints(name: string, values: readonly number[]): string {
    const raw = new Uint8Array(values.length * 8);
    const view = new DataView(raw.buffer);
    for (const [index, value] of values.entries()) view.setBigInt64(index * 8, BigInt(value), true);
    return this.#constant(name, 'int64', [values.length], raw);
  }

  /** A node with one result, which bears its name. */
  node(opType: string, name: string, input: readonly string[], attributes: NodeAttributes = {}): string {
    return this.nodeOf(opType, [name], input, attributes)[0]!;
  }

  /** A node with several results. */
  nodeOf(
    opType: string,
    output: readonly string[],
    input: readonly string[],
    attributes: NodeAttributes = {},
  ): readonly string[] {
    for (const name of input) {
      if (!this.#names.has(name)) throw new RangeError(`${opType} reads ${name}, which does not exist yet`);
    }
    this.#nodes.push(
      create(NodeProtoSchema, {
        opType,
        name: output[0]!,
        input: [...input],
        output: output.map((name) => this.#take(name)),
        attribute: attributeList(attributes),
      }),
    );
    return output;
  }

  /** The file. The same calls give the same bytes. */
  toBytes(): Uint8Array {
    const graph = create(GraphProtoSchema, {
      name: this.#name,
      node: this.#nodes,
      initializer: this.#constants,
      input: this.#inputs,
      output: this.#outputs,
    });
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: IR_VERSION,
        opsetImport: [{ domain: '', version: OPSET }],
        producerName: 'witan',
        graph,
      }),
    );
  }

  #constant(
    name: string,
    element: ElementType,
    dims: readonly number[],
    rawData: Uint8Array<ArrayBuffer>,
  ): string {
    const bytesEach = element === 'int64' ? 8 : 4;
    const count = dims.reduce((product, size) => product * size, 1);
    if (count * bytesEach !== rawData.byteLength) {
      throw new RangeError(`${name}: ${rawData.byteLength} bytes are not ${dims.join(' × ')} of ${element}`);
    }
    this.#constants.push(
      create(TensorProtoSchema, { name, dataType: ELEMENT[element], dims: dims.map(BigInt), rawData }),
    );
    return this.#take(name);
  }

  #take(name: string): string {
    if (this.#names.has(name)) throw new RangeError(`two values are named ${name}`);
    this.#names.add(name);
    return name;
  }
}

function attributeList({ ints = {}, floats = {} }: NodeAttributes): AttributeProto[] {
  const whole = Object.entries(ints).map(([name, value]) =>
    typeof value === 'number'
      ? create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) })
      : create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) }),
  );
  const real = Object.entries(floats).map(([name, f]) =>
    create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f }),
  );
  return [...whole, ...real];
}

function valueInfo(name: string, element: ElementType, dims: readonly (number | string)[]): ValueInfoProto {
  const dim = dims.map((size) =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } },
  );
  const tensor = { elemType: ELEMENT[element], shape: { dim } };
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: tensor } },
  });
}
