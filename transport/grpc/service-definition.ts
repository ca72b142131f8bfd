/** A service of the `.proto` files in the form that grpc-js serves. */
import type { DescService } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import type { Message } from '@bufbuild/protobuf';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { bytesOf } from './error-status.ts';
import { methodPath } from './method.ts';

/**
 * Definition of a service for its server. Requests stay bytes: a method decodes them after the gate has let
 * the caller in, so that malformed ones get an error of ours.
 */
export function serviceDefinition(service: DescService): ServiceDefinition {
  return Object.fromEntries(
    service.methods.map((desc) => {
      const definition: MethodDefinition<Buffer, Message> = {
        path: methodPath(desc),
        requestStream: desc.methodKind === 'bidi_streaming' || desc.methodKind === 'client_streaming',
        responseStream: desc.methodKind === 'bidi_streaming' || desc.methodKind === 'server_streaming',
        requestSerialize: (bytes) => bytes,
        requestDeserialize: (bytes) => bytes,
        responseSerialize: (message) => bytesOf(toBinary(desc.output, message)),
        responseDeserialize: () => {
          throw new Error('this definition is of the server');
        },
      };
      return [desc.localName, definition];
    }),
  ) as ServiceDefinition;
}
