/** Environment of processes that the documents start: no settings of its own, patient deadlines. */

/**
 * Deadlines far above the defaults: what is tested is what the documents say, and that must not depend on how
 * much else the machine does. Names of settings that the caller adds win.
 */
export function patientEnvironment(settings: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  // What `npm exec` told this process about itself would be taken by the `npx` of a document as its own.
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('WITAN_') && !/^npm_config_(call|package)$/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    NO_COLOR: '1',
    WITAN_DEADLINES_DECISION_MS: '60000',
    WITAN_DEADLINES_POLICY_MS: '10000',
    WITAN_DEADLINES_CHECKS_MS: '20000',
    ...settings,
  };
}
