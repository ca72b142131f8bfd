/** An ONNX session on the first device that takes the graph; the others say why they did not. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { WitanError } from '../../../contracts/errors.ts';
import type { Device } from '../model-runner.ts';

type Onnx = typeof import('onnxruntime-node');

/** A session that answered its probe. */
export interface OpenSession {
  readonly session: InferenceSession;
  readonly provider: Device;
  /** One line for each device before it. */
  readonly passedOver: readonly string[];
  readonly newTensor: NewTensor;
}

/** Makes a tensor of the runtime that the session belongs to. */
export type NewTensor = (values: Int32Array | Float32Array, dims: readonly number[]) => Tensor;

/** What a probe needs. */
export interface SessionProbe {
  readonly graph: Uint8Array;
  readonly devices: readonly Device[];
  /** Runs the session once; a device whose answer is unfit throws here. */
  try(session: InferenceSession, newTensor: NewTensor): Promise<void>;
}

const REASON_LIMIT = 200;

/**
 * Opens the graph on the first device on which it also answers.
 *
 * One thread a session: the pool scales by workers, and the runtime's own threads spin while they wait.
 *
 * @param load gives the runtime; the default loads `onnxruntime-node`
 * @throws unavailable with the reasons of all devices
 */
export async function openSession(
  { graph, devices, try: probe }: SessionProbe,
  load: () => Promise<Onnx> = () => import('onnxruntime-node'),
): Promise<OpenSession> {
  const passedOver: string[] = [];
  const onnx = await load().catch((cause: unknown) => {
    throw new WitanError('unavailable', `onnxruntime-node does not load: ${reasonOf(cause)}`, {}, cause);
  });
  // What fails is thrown as well; the runtime would print it to stderr besides.
  onnx.env.logLevel = 'fatal';
  const newTensor: NewTensor = (values, dims) =>
    values instanceof Int32Array
      ? new onnx.Tensor('int32', values, dims)
      : new onnx.Tensor('float32', values, dims);
  for (const provider of devices) {
    let session: InferenceSession | undefined;
    try {
      refuseUnknown(onnx, provider);
      session = await onnx.InferenceSession.create(ownBytes(graph), optionsFor(provider));
      await probe(session, newTensor);
      return { session, provider, passedOver, newTensor };
    } catch (error) {
      passedOver.push(`${provider}: ${reasonOf(error)}`);
      await session?.release().catch(() => undefined);
    }
  }
  const why = passedOver.length === 0 ? 'no device was named' : passedOver.join('; ');
  throw new WitanError('unavailable', `no device runs the graph: ${why}`, { passedOver });
}

function optionsFor(provider: Device): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
  };
}

function refuseUnknown(onnx: Onnx, provider: Device): void {
  const known = onnx.listSupportedBackends().map(({ name }) => name);
  if (known.includes(provider)) return;
  throw new Error(`onnxruntime-node has it not on ${process.platform}-${process.arch}`);
}

/** The runtime takes no memory that threads share. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof SharedArrayBuffer ? Uint8Array.from(bytes) : bytes;
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/OrtSessionOptionsAppendExecutionProvider_Cuda|providers_(?:shared|cuda)/.test(message)) {
    return 'its provider library is not installed beside onnxruntime-node, or does not load';
  }
  if (message.includes('Failed to get a WebGPU adapter')) return 'this machine has no adapter for it';
  return message.trim().split('\n')[0]!.slice(0, REASON_LIMIT);
}
