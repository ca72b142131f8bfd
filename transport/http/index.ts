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
export { createHttpServer } from './server.ts';
export type { HttpAddress, HttpServer, HttpServerOptions } from './server.ts';
export type { HttpAnswer } from './exchange.ts';
export { openMetricsListener } from './metrics-listener.ts';
export type { MetricsListener } from './metrics-listener.ts';
export type { Route } from './route.ts';
export { HTTP_ROUTES } from './routes/all.ts';
export { ENGINE_ROUTES } from './routes/engines.ts';
