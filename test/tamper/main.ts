/** `npm run tamper`: tampers with a record in every way that is told here, and shows who notices. */
import { ATTACKS } from './attacks.ts';

let unnoticed = 0;
for (const { name, has, run } of ATTACKS) {
  const { by, words } = await run();
  if (by === null) unnoticed += 1;
  process.stdout.write(
    `${by === null ? 'NOT noticed' : `noticed by the ${by}`}: ${name} (with ${has})\n  ${words}\n`,
  );
}
process.stdout.write(`\n${ATTACKS.length - unnoticed} of ${ATTACKS.length} noticed\n`);
process.exitCode = unnoticed === 0 ? 0 : 1;
