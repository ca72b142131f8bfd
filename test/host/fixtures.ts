/** Embedded nodes for tests: in memory, without a socket, with seats that wait for the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SeatPlan } from '../../agents/kit/seat-plan.ts';
import { createHost } from '../../index.ts';
import type { Host, HostConfig } from '../../index.ts';

/** A decision that the council always sits on and approves. */
export const BENIGN = {
  type: 'chat',
  text: 'How long does a sourdough loaf bake?',
  council: 'always',
} as const;

/** Starts a node in memory without HTTP. */
export async function startHost(config: HostConfig = {}): Promise<Host> {
  const host = await createHost({ dataDir: null, http: false, ...config });
  await host.start();
  return host;
}

/** A folder that is gone after `use`. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-host-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A gate that the test opens; `reached` resolves when somebody waits at it. */
export class Gate {
  readonly reached: Promise<void>;
  #onReached: () => void = () => undefined;
  #open: () => void = () => undefined;
  readonly #opened: Promise<void>;

  constructor() {
    this.reached = new Promise((resolve) => (this.#onReached = resolve));
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open();
  }

  pass(): Promise<void> {
    this.#onReached();
    return this.#opened;
  }
}

/**
 * Replaces a seat's plan by one whose evaluators wait at `gate`; the node's own warm-up passes. Take a seat
 * whose evaluators are not part of a check, or the check waits too.
 */
export function gatedSeat(seat: string, gate: Gate): (plan: SeatPlan) => SeatPlan {
  return (plan) => {
    if (plan.seat !== seat) return plan;
    const evaluators = plan.evaluators.map((evaluator) => ({
      ...evaluator,
      evaluate: async (...input: Parameters<typeof evaluator.evaluate>) => {
        if (input[0].decision.tenant !== 'system') await gate.pass();
        return evaluator.evaluate(...input);
      },
    }));
    // A seat that is not touched by the decision would vote without asking its evaluators.
    return { ...plan, evaluators, isApplicable: () => true };
  };
}
