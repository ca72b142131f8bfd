/** A graph runs as it was written, and one that does not hang together is refused while it is written. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { assert, suite } from '../../../test/harness.ts';
import { OnnxGraph } from './onnx-graph.ts';

const test = suite('writer of ONNX graphs');

test('constants, attributes and dynamic sizes reach the runtime', async () => {
  const graph = new OnnxGraph('small');
  const x = graph.input('x', 'float32', ['rows', 4]);
  const scaled = graph.node('Mul', 'scaled', [x, graph.floats('two', Float32Array.of(2), [])]);
  const sizes = graph.ints('sizes', [1, 3]);
  const [left, right] = graph.nodeOf('Split', ['left', 'right'], [scaled, sizes], { ints: { axis: 1 } });
  const sum = graph.node('ReduceSum', 'sum', [right!, graph.ints('axes', [1])], { ints: { keepdims: 1 } });
  graph.node('LeakyRelu', 'y', [graph.node('Add', 'both', [left!, sum])], { floats: { alpha: 0.5 } });
  graph.output('y', 'float32', ['rows', 1]);
  const session = await InferenceSession.create(graph.toBytes(), { intraOpNumThreads: 1 });
  const { y } = await session.run({ x: new Tensor('float32', [1, 2, 3, 4, -1, -2, -3, -4], [2, 4]) });
  assert.equal([...(y!.data as Float32Array)], [20, -10]);
  await session.release();
});

test('a name that is taken, a value that does not exist and a wrong size are refused', () => {
  const graph = new OnnxGraph('refused');
  graph.input('x', 'float32', [1]);
  assert.throws(() => graph.node('Relu', 'x', ['x']), /two values are named x/);
  assert.throws(() => graph.node('Relu', 'y', ['z']), /z, which does not exist/);
  assert.throws(() => graph.output('z', 'float32', [1]), /no value is named z/);
  assert.throws(() => graph.floats('c', new Float32Array(3), [2, 2]), /are not 2 × 2/);
});
