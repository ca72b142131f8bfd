/** Test files that take longest, the longest first: begun early, they do not hold up the end of a run. */
export const LONG_FILES: readonly string[] = [
  'test/chaos/cluster/cluster-chaos.test.ts',
  'test/docs/readme.test.ts',
  'test/integration/embedded-postgres.test.ts',
  'test/integration/faults-process.test.ts',
  'test/privacy/erasure-crash.test.ts',
  'test/privacy/retention-crash.test.ts',
  'test/integration/cli.test.ts',
  'test/privacy/erasure.test.ts',
  'test/integration/cli-log.test.ts',
  'test/browser/sign-in.test.ts',
  'test/anchor/anvil.test.ts',
  'test/security/door-tenants.test.ts',
  'test/integration/keys.test.ts',
];
