/** The order of devices, what is said of those that were passed over, and that nothing is left open. */
import { assert, suite } from '../../../test/harness.ts';
import type { Device } from '../model-runner.ts';
import { openSession } from './onnx-session.ts';

const test = suite('session of an encoder');
type Load = NonNullable<Parameters<typeof openSession>[1]>;

/** A runtime in which devices are as `states` says. */
function runtime(states: Partial<Record<Device, 'opens' | Error>>, released: string[] = []): Load {
  const backends = (Object.keys(states) as Device[]).map((name) => ({ name, bundled: true }));
  const create = async (_: unknown, { executionProviders: [name] }: { executionProviders: Device[] }) => {
    const state = states[name!];
    if (state instanceof Error) throw state;
    return { name, release: async () => void released.push(name!) };
  };
  const onnx = { env: {}, InferenceSession: { create }, listSupportedBackends: () => backends };
  return async () => onnx as unknown as Awaited<ReturnType<Load>>;
}

const graph = new Uint8Array([1]);
const fits = async (): Promise<void> => {};

test('the first device that opens and answers is taken', async () => {
  const load = runtime({ cuda: 'opens', webgpu: 'opens', cpu: 'opens' });
  const { provider, passedOver } = await openSession({ graph, devices: ['webgpu', 'cpu'], try: fits }, load);
  assert.equal([provider, passedOver], ['webgpu', []]);
});

test('devices that do not open say why, in plain words where the cause is known', async () => {
  const load = runtime({
    cuda: new Error('OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library'),
    webgpu: new Error('/src/x.cc:136 Failed to get a WebGPU adapter: No supported adapters\n\n'),
    cpu: 'opens',
  });
  const devices = ['cuda', 'webgpu', 'cpu'] as const;
  const { provider, passedOver } = await openSession({ graph, devices, try: fits }, load);
  assert.is(provider, 'cpu');
  assert.equal(passedOver, [
    'cuda: its provider library is not installed beside onnxruntime-node, or does not load',
    'webgpu: this machine has no adapter for it',
  ]);
});

test('a device that opens and gives an unfit answer is closed and passed over', async () => {
  const released: string[] = [];
  const load = runtime({ webgpu: 'opens', cpu: 'opens' }, released);
  const probe = async (session: unknown): Promise<void> => {
    if ((session as { name: string }).name === 'webgpu') throw new Error('rows of length 0');
  };
  const { provider, passedOver } = await openSession({ graph, devices: ['webgpu', 'cpu'], try: probe }, load);
  assert.equal([provider, passedOver, released], ['cpu', ['webgpu: rows of length 0'], ['webgpu']]);
});

test('without a device that takes the graph, the error holds every reason', async () => {
  const load = runtime({ cpu: new Error('bad graph') });
  for (const [devices, reasons] of [
    [
      ['webgpu', 'cpu'],
      [`webgpu: onnxruntime-node has it not on ${process.platform}-${process.arch}`, 'cpu: bad graph'],
    ],
    [[], []],
  ] as const) {
    const error = await openSession({ graph, devices, try: fits }, load).catch((caught: unknown) => caught);
    const { code, details } = error as { code: string; details: { passedOver: readonly string[] } };
    assert.equal([code, details.passedOver], ['unavailable', reasons]);
  }
});

test('a runtime that is not there is said to be so', async () => {
  const load: Load = async () => {
    throw new Error("Cannot find package 'onnxruntime-node'");
  };
  const error = await openSession({ graph, devices: ['cpu'], try: fits }, load).catch((e: unknown) => e);
  assert.is((error as { code: string }).code, 'unavailable');
  assert.match(String(error), /onnxruntime-node does not load/);
});

test('the real runtime refuses bytes that are no graph, on each device, and the process goes on', async () => {
  const devices = ['cuda', 'webgpu', 'cpu'] as const;
  const error = await openSession({ graph, devices, try: fits }).catch((caught: unknown) => caught);
  const { code, details } = error as { code: string; details: { passedOver: readonly string[] } };
  assert.is(code, 'unavailable');
  assert.equal(
    details.passedOver.map((reason) => reason.split(':')[0]),
    [...devices],
  );
});
