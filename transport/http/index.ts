/** Public surface of the HTTP door. */
export type {
  DecisionFilter,
  DoorBackend,
  EventFollower,
  OperatorCommand,
  PageRequest,
  ResolutionRequest,
  ReviewItem,
  Submission,
} from '../door/backend.ts';
export { isLoopback } from './guard.ts';
export { createHttpServer, HTTP_ROUTES } from './server.ts';
export type { HttpServer, HttpServerOptions } from './server.ts';
