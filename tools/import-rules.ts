/**
 * Which room may import which (docs/architecture.md, "Rooms"), as dependency-cruiser rules.
 *
 * Test files are left out: they stand beside what they test and may use the harness.
 */

/** A rule in the form that dependency-cruiser takes, with a sample import that breaks it. */
export interface ImportRule {
  name: string;
  from: { path: string; pathNot?: string | string[] };
  to: {
    path?: string;
    pathNot?: string | string[];
    dependencyTypes?: string[];
    circular?: boolean;
    viaOnly?: { dependencyTypesNot: string[] };
  };
  /** `[importing file, imported file]` that must be refused, relative to the root. */
  planted: [from: string, to: string];
}

const ROOMS = [
  'contracts',
  'config',
  'runtime/kernel',
  'runtime/telemetry',
  'runtime/store',
  'runtime/host',
  'supervisors',
  'cluster',
  'transport',
  'sandbox',
  'agents',
  'council',
  'apps',
  'test',
  'bench',
  'docs',
  'examples',
  'tools',
] as const;

type Room = (typeof ROOMS)[number];

/** Rooms that each room may import, itself not named. */
const MAY_IMPORT: Partial<Record<Room, readonly Room[]>> = {
  contracts: [],
  config: ['contracts'],
  'runtime/kernel': ['contracts'],
  'runtime/telemetry': ['contracts', 'config', 'runtime/kernel'],
  'runtime/store': ['contracts', 'config', 'runtime/kernel'],
  'runtime/host': ROOMS.filter(
    (room) => !['test', 'bench', 'docs', 'examples', 'tools', 'apps'].includes(room),
  ),
  supervisors: ['contracts', 'runtime/kernel'],
  cluster: ['contracts', 'config', 'runtime/kernel', 'supervisors'],
  transport: ['contracts', 'config', 'runtime/kernel'],
  sandbox: ['contracts', 'config', 'runtime/kernel', 'supervisors'],
  agents: ['contracts', 'config', 'runtime/kernel', 'supervisors'],
  council: ['contracts', 'config', 'runtime/kernel', 'supervisors'],
  apps: ['contracts', 'config'],
};

const PLANTED: Partial<Record<Room, string>> = {
  contracts: 'config/planted.ts',
  config: 'runtime/kernel/planted.ts',
  'runtime/kernel': 'runtime/store/planted.ts',
  'runtime/telemetry': 'runtime/store/planted.ts',
  'runtime/store': 'council/planted.ts',
  'runtime/host': 'test/planted.ts',
  supervisors: 'council/planted.ts',
  cluster: 'agents/planted.ts',
  transport: 'council/planted.ts',
  sandbox: 'transport/planted.ts',
  agents: 'council/planted.ts',
  council: 'agents/planted.ts',
  apps: 'runtime/kernel/planted.ts',
};

const roomRules: ImportRule[] = (Object.keys(MAY_IMPORT) as Room[]).map((room) => {
  const refused = ROOMS.filter((other) => other !== room && !MAY_IMPORT[room]!.includes(other));
  return {
    name: `${room.replace('/', '-')}-reaches-out`,
    from: { path: `^${room}/`, ...(room === 'apps' ? { pathNot: '^apps/web/' } : {}) },
    to: { path: `^(${refused.join('|')})/` },
    planted: [`${room === 'apps' ? 'apps/cli' : room}/planting.ts`, PLANTED[room]!],
  };
});

/** All rules, in the order in which the test plants their violations. */
export const IMPORT_RULES: readonly ImportRule[] = [
  ...roomRules,
  {
    name: 'web-beyond-contracts-and-tally',
    from: { path: '^apps/web/' },
    to: { path: '^(?!apps/web/|contracts/|council/tally/|node_modules/)[a-z]+/' },
    planted: ['apps/web/planting.ts', 'council/deliberation/planted.ts'],
  },
  {
    name: 'seat-imports-seat',
    from: { path: '^agents/council/([^/]+)/' },
    to: { path: '^agents/(council|platform)/', pathNot: '^agents/council/$1/' },
    planted: ['agents/council/guardian/planting.ts', 'agents/council/security/planted.ts'],
  },
  {
    name: 'capability-imports-capability',
    from: { path: '^agents/platform/([^/]+)/' },
    to: { path: '^agents/(council|platform)/', pathNot: '^agents/platform/$1/' },
    planted: ['agents/platform/policy/planting.ts', 'agents/platform/audit/planted.ts'],
  },
  {
    name: 'kit-imports-agent',
    from: { path: '^agents/kit/' },
    to: { path: '^agents/(council|platform|inference)/' },
    planted: ['agents/kit/planting.ts', 'agents/council/security/planted.ts'],
  },
  {
    name: 'tally-not-pure',
    from: { path: '^council/tally/' },
    to: { path: '^(?!council/tally/|contracts/|node_modules/)[a-z]+/' },
    planted: ['council/tally/planting.ts', 'council/deliberation/planted.ts'],
  },
  {
    name: 'client-beyond-contracts',
    from: { path: '^transport/client/' },
    to: { path: '^(?!transport/client/|contracts/|node_modules/|fs/promises)[a-z]+/' },
    planted: ['transport/client/planting.ts', 'transport/http/planted.ts'],
  },
  {
    name: 'client-core-uses-node',
    from: { path: '^transport/client/', pathNot: '^transport/client/(node|grpc|nats)/' },
    to: { dependencyTypes: ['core'] },
    planted: ['transport/client/planting.ts', 'node:fs'],
  },
  {
    name: 'contracts-use-node',
    from: { path: '^(contracts|council/tally|apps/web)/' },
    to: { dependencyTypes: ['core'] },
    planted: ['contracts/planting.ts', 'node:fs'],
  },
  {
    name: 'circular',
    from: { path: '^(?!node_modules)' },
    // Types may refer to each other; code that runs while modules load may not.
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    planted: ['config/circle-a.ts', 'config/circle-b.ts'],
  },
];
