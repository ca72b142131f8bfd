/**
 * Loaded before a node's own code, in each of its threads: its clocks run as the file of `CHAOS_CLOCK_FILE`
 * says.
 *
 * All clocks of a process are functions of the machine's monotonic clock and that file, so that its threads
 * go on reading alike. Timers are stretched likewise: a clock that runs fast also rings early.
 */
import { readFileSync } from 'node:fs';

const FILE = process.env['CHAOS_CLOCK_FILE'];
const LOOK_EVERY_NS = 20_000_000n;

const real = {
  bigint: process.hrtime.bigint.bind(process.hrtime),
  hrtime: process.hrtime.bind(process),
  now: Date.now.bind(Date),
  performanceNow: performance.now.bind(performance),
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  Date: globalThis.Date,
};

/** Since `fromMs` of the machine's clock the process's gains `rate - 1` a ms, on top of `offsetMs`. */
let skew = { fromMs: 0, offsetMs: 0, rate: 1, wallMs: 0 };
let lookedAt = 0n;

/** How far this process is ahead of the machine now, ms. */
function aheadMs() {
  const at = real.bigint();
  if (at - lookedAt > LOOK_EVERY_NS) {
    lookedAt = at;
    try {
      skew = JSON.parse(readFileSync(FILE, 'utf8'));
    } catch {
      // Written at this moment: the next look sees it.
    }
  }
  const { fromMs, offsetMs, rate } = skew;
  return offsetMs + (Number(at / 1_000n) / 1_000 - fromMs) * (rate - 1);
}

if (FILE !== undefined) {
  const hrtime = (since) => {
    const at = process.hrtime.bigint();
    const passed = since ? at - (BigInt(since[0]) * 1_000_000_000n + BigInt(since[1])) : at;
    return [Number(passed / 1_000_000_000n), Number(passed % 1_000_000_000n)];
  };
  hrtime.bigint = () => real.bigint() + BigInt(Math.round(aheadMs() * 1_000_000));
  process.hrtime = hrtime;
  performance.now = () => real.performanceNow() + aheadMs();
  class SkewedDate extends real.Date {
    constructor(...args) {
      if (args.length === 0) super(SkewedDate.now());
      else super(...args);
    }
    static now() {
      return real.now() + Math.round(aheadMs() + skew.wallMs);
    }
  }
  globalThis.Date = SkewedDate;
  const stretched = (delayMs) => {
    aheadMs();
    return typeof delayMs === 'number' ? delayMs / skew.rate : delayMs;
  };
  globalThis.setTimeout = Object.assign(
    (task, delayMs, ...args) => real.setTimeout(task, stretched(delayMs), ...args),
    real.setTimeout,
  );
  globalThis.setInterval = Object.assign(
    (task, delayMs, ...args) => real.setInterval(task, stretched(delayMs), ...args),
    real.setInterval,
  );
}
