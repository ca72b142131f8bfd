/** Reflection: the descriptors of our services, for clients that come without the `.proto` files. */
import type { DescFile } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { ReflectionService } from '@grpc/reflection';
import { bytesOf } from './error-status.ts';
import type { ServiceSink } from './health.ts';

type PackageOf = ConstructorParameters<typeof ReflectionService>[0];

/** Adds reflection for the services of `files` and everything they rest on. */
export function addReflection(sink: ServiceSink, files: readonly DescFile[]): void {
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
  const definition = { fileDescriptorProtos } as unknown as PackageOf[string];
  new ReflectionService({ 'witan.v1': definition }).addToServer(
    sink as Parameters<ReflectionService['addToServer']>[0],
  );
}
