/** Public surface of the live door. */
export { createLiveDoor, LIVE_DOOR_LIMITS, LIVE_PATH } from './live-door.ts';
export type { LiveDoor, LiveDoorOptions, LiveLimits } from './live-door.ts';
