/** Public surface of the gRPC door. */
export { GRPC_STATUS, grpcStatusName } from './error-status.ts';
export { GRPC_LIMITS } from './limits.ts';
export type { GrpcLimits } from './limits.ts';
export type { GrpcMethod } from './method.ts';
export { createGrpcServer, GRPC_SERVICES } from './server.ts';
export type { GrpcAddress, GrpcServer, GrpcServerOptions } from './server.ts';
export type { GrpcTls } from './tls.ts';
export { readTlsFiles, reloadTlsOnChange } from './tls-files.ts';
export type { GrpcTlsFiles } from './tls-files.ts';
