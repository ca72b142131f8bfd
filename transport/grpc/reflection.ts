/** Reflection: the descriptors of our services, for clients that come without the `.proto` files. */
import type { DescFile } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { bytesOf } from './error-status.ts';
import type { ServiceSink } from './health.ts';

type PackageOf = ConstructorParameters<typeof ReflectionService>[0];

type Handler = (call: unknown) => void;
type Services = readonly [ServiceDefinition, UntypedServiceImplementation][];

/**
 * Adds reflection for the services of `files` and everything they rest on. Descriptors are decoded by the
 * first call: few clients come without the `.proto` files, and every start would wait for it.
 */
export function addReflection(sink: ServiceSink, files: readonly DescFile[]): void {
  let full: Services | undefined;
  servicesOf({}).forEach(([definition, bare], at) => {
    const handlers = Object.keys(bare).map((name): [string, Handler] => [
      name,
      (call) => {
        full ??= servicesOf(packageOf(files));
        (full[at]![1][name] as Handler)(call);
      },
    ]);
    sink.addService(definition, Object.fromEntries(handlers) as UntypedServiceImplementation);
  });
}

/** What the package adds to a server: one service for each version of reflection. */
function servicesOf(files: PackageOf): Services {
  const services: [ServiceDefinition, UntypedServiceImplementation][] = [];
  const sink: ServiceSink = {
    addService: (definition, implementation) => void services.push([definition, implementation]),
  };
  new ReflectionService(files).addToServer(sink as Parameters<ReflectionService['addToServer']>[0]);
  return services;
}

/** The files with everything they rest on, as the package takes them. */
function packageOf(files: readonly DescFile[]): PackageOf {
  const all = new Map<string, DescFile>();
  const visit = (file: DescFile): void => {
    if (all.has(file.name)) return;
    all.set(file.name, file);
    for (const dependency of file.dependencies) visit(dependency);
  };
  for (const file of files) visit(file);
  const fileDescriptorProtos = [...all.values()].map((file) =>
    bytesOf(toBinary(FileDescriptorProtoSchema, file.proto)),
  );
  // The package reads nothing of a definition but these bytes.
  return { 'witan.v1': { fileDescriptorProtos } as unknown as PackageOf[string] };
}
