/** Messages between a node and an agent system of others that joins the council over a stream. */
import { z } from 'zod';
import { Ballot } from '../ballot.ts';
import { DecisionRequest } from '../decision.ts';
import { PeerEvidence } from '../evidence.ts';
import { DecisionId, Digest } from '../ids.ts';

/** What an outside agent says of itself when it registers. */
export const OutsideAgentCard = z.strictObject({
  /** Kebab-case name, unique in its tenant; never the name of a seat. */
  agentId: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'kebab-case, 1 to 40 characters'),
  title: z.string().min(1).max(200),
  mandate: z.string().min(1).max(2_000),
  /** Raw Ed25519 public key; the agent's ballots must verify under it. */
  publicKey: z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits'),
  /** Types of decisions it wants; empty: all of its tenant. */
  decisionTypes: z.array(z.string().regex(/^[a-z][a-z0-9._-]{0,63}$/)).max(100),
});
/** See {@link OutsideAgentCard}. */
export type OutsideAgentCard = z.infer<typeof OutsideAgentCard>;

/** A decision as an outside agent gets it. */
export const DecisionCard = z.strictObject({
  decisionId: DecisionId,
  tenant: z.string(),
  digest: Digest,
  request: DecisionRequest,
});
/** See {@link DecisionCard}. */
export type DecisionCard = z.infer<typeof DecisionCard>;

/** One request for a ballot. */
export const OutsideWorkCard = z.strictObject({
  decision: DecisionCard,
  round: z.union([z.literal(1), z.literal(2)]),
  sessionDigest: Digest,
  /** Structured evidence of round 1; empty in round 1. */
  peers: z.array(PeerEvidence).readonly(),
  /** The agent's own round-1 ballot, in round 2. */
  previous: Ballot.nullable(),
  /** Remaining time, ms. */
  budgetMs: z.number().min(0),
  /** W3C trace context of the deliberation, where the node traces it: the agent's spans hang below it. */
  traceparent: z
    .string()
    .regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/, 'W3C trace context')
    .optional(),
});
/** See {@link OutsideWorkCard}. */
export type OutsideWorkCard = z.infer<typeof OutsideWorkCard>;

/** Refusal of work, so that nobody waits for it. */
export const DeclinedWork = z.strictObject({ decisionId: DecisionId, detail: z.string().max(500) });
/** See {@link DeclinedWork}. */
export type DeclinedWork = z.infer<typeof DeclinedWork>;
