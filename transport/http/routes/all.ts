/** Every endpoint that the door offers, in the order of the reference page. */
import type { Route } from '../route.ts';
import { accountabilityRoutes } from './audit/accountability.ts';
import { actorRoutes } from './actors.ts';
import { agentRoutes } from './agents.ts';
import { anchorRoutes } from './record/anchor.ts';
import { contentRoutes } from './record/content.ts';
import { archiveRoutes } from './archive.ts';
import { auditRoutes } from './audit/trail.ts';
import { clusterRoutes } from './record/cluster.ts';
import { decisionRoutes } from './decisions.ts';
import { erasureRoutes } from './record/erasure.ts';
import { healthRoutes } from './health.ts';
import { keyRoutes } from './keys.ts';
import { logRoutes } from './log.ts';
import { metricsRoutes } from './metrics.ts';
import { modelRoutes } from './evaluation/models.ts';
import { reviewRoutes } from './review.ts';
import { signInRoutes } from './sign-in.ts';
import { userRoutes } from './users.ts';
import { witnessRoutes } from './witness.ts';

/** Every endpoint that the door offers by itself. */
export const HTTP_ROUTES: readonly Route[] = [
  ...decisionRoutes,
  ...agentRoutes,
  ...actorRoutes,
  ...reviewRoutes,
  ...keyRoutes,
  ...signInRoutes,
  ...userRoutes,
  ...auditRoutes,
  ...accountabilityRoutes,
  ...healthRoutes,
  ...metricsRoutes,
  ...modelRoutes,
  ...logRoutes,
  ...anchorRoutes,
  ...contentRoutes,
  ...archiveRoutes,
  ...clusterRoutes,
  ...erasureRoutes,
  ...witnessRoutes,
];
