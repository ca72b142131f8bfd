/** Lanes of any wire. */
import { openEvaluateLane, openFirstMessageLane, openGrpcLane } from './grpc-lane.ts';
import { openHttpLane } from './http-lane.ts';
import type { Lane, LaneTarget } from './lane.ts';
import { openNatsLanes } from './nats-lane.ts';

/** Opens `count` lanes; with NATS on one connection, else each on its own. */
export async function openLanes(target: LaneTarget, count: number): Promise<Lane[]> {
  if (target.wire === 'nats') return openNatsLanes(target, count);
  return Promise.all(Array.from({ length: count }, () => openLane(target)));
}

function openLane(target: LaneTarget): Lane | Promise<Lane> {
  switch (target.wire) {
    case 'http':
      return openHttpLane(target);
    case 'grpc':
      return openGrpcLane(target);
    default:
      return target.path.endsWith('/EvaluateStream')
        ? openEvaluateLane(target)
        : openFirstMessageLane(target);
  }
}
