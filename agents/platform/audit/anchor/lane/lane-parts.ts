/** What the anchor on one chain works with. */
import { anchorLogId } from '../../../../../contracts/chain/anchor-call.ts';
import type { AnchorCrypto } from '../../../../../contracts/chain/verify-anchor.ts';
import type { Clock } from '../../../../../runtime/kernel/clock.ts';
import type {
  AnchorSigner,
  ChainIdentity,
  ChainPort,
} from '../../../../../runtime/kernel/ports/chain/chain.ts';
import type { NumberedTexts, OutboxPort } from '../../../../../runtime/kernel/ports/outbox.ts';
import type { CircuitBreaker } from '../../../../../supervisors/circuit-breaker.ts';
import type { AnchorStepHook } from '../anchor-steps.ts';
import type { AnchoredLog } from '../anchored-log.ts';
import type { BatchRules } from './batch-rule.ts';
import type { StepRules } from './next-step.ts';
import type { FeeRules } from './plan-fee.ts';

/** Limits of one lane. */
export interface LaneRules {
  readonly batch: BatchRules;
  readonly step: StepRules;
  readonly fee: FeeRules;
  /** Records in the outbox above which it is made short. */
  readonly compactAboveCount: number;
}

/** See the head of the file. */
export interface LaneParts {
  readonly name: string;
  /** Behind a deadline and `breaker` (see guarded-chain). */
  readonly chain: ChainPort;
  readonly breaker: Pick<CircuitBreaker, 'state'>;
  readonly signer: AnchorSigner;
  /** Address of `AuditAnchor`. */
  readonly contract: string;
  /** What the chain must be; fields that are absent are taken from the first look and kept. */
  readonly expected: Partial<ChainIdentity> & Pick<ChainIdentity, 'chainId'>;
  readonly logs: readonly AnchoredLog[];
  readonly outbox: OutboxPort;
  /** Receipts of one log by size. */
  readonly receipts: (origin: string) => NumberedTexts;
  readonly clock: Clock;
  readonly crypto: AnchorCrypto;
  readonly rules: LaneRules;
  readonly onStep: AnchorStepHook;
  /** False while another node may hold the lease: nothing is signed or sent. */
  readonly isHeld: () => boolean;
  readonly tell: (level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>) => void;
}

/** Id of a log in the lane's contract. */
export function logIdOf(parts: LaneParts, origin: string): string {
  const at = { chainId: parts.expected.chainId, contract: parts.contract };
  return anchorLogId(origin, at, parts.crypto.keccak256);
}
