/**
 * The one table of operations: doors name them, the gate asks which scope they need, the docs print them.
 *
 * A door adds its own address (an HTTP route, a gRPC method, a NATS subject) and nothing else.
 */
import { EVALUATION_OPERATIONS } from './evaluation-operations.ts';

/** What a caller may be allowed to do. */
export const SCOPES = [
  'decision:submit',
  'decision:read',
  'review:resolve',
  'agent:serve',
  'policy:evaluate',
  'audit:append',
  'audit:read',
  'accountability:investigate',
  'operator:read',
  'operator:act',
  'log:read',
  'log:entries',
  'content:register',
  'content:read',
  'content:certify',
  'privacy:erase',
  'privacy:export',
  'privacy:hold',
  'identity:read',
  'identity:admin',
] as const;

/** One of {@link SCOPES}. */
export type Scope = (typeof SCOPES)[number];

/** What is known of one operation. */
export interface OperationInfo {
  /** Sentence for the reference page. */
  readonly summary: string;
  /** Null: served to everyone who reaches the door. */
  readonly scope: Scope | null;
  /** `write` changes something and is never repeated by a client without an idempotency key. */
  readonly effect: 'read' | 'write';
  /** `stream` stays open and counts once against rates. */
  readonly kind: 'unary' | 'stream';
}

/** Every operation, by name. */
export const OPERATIONS = {
  'decision.evaluate': {
    summary: 'Submits a decision and gives its verdict',
    scope: 'decision:submit',
    effect: 'write',
    kind: 'unary',
  },
  'decision.evaluate-stream': {
    summary: 'Submits many decisions over one stream; verdicts come back as they are made',
    scope: 'decision:submit',
    effect: 'write',
    kind: 'stream',
  },
  'decision.read': { summary: 'Reads a decision', scope: 'decision:read', effect: 'read', kind: 'unary' },
  'decision.list': { summary: 'Lists decisions', scope: 'decision:read', effect: 'read', kind: 'unary' },
  'decision.follow': {
    summary: 'Follows the events of one decision, from any sequence number',
    scope: 'decision:read',
    effect: 'read',
    kind: 'stream',
  },
  'decision.follow-all': {
    summary: 'Follows the events of every decision of the tenant',
    scope: 'decision:read',
    effect: 'read',
    kind: 'stream',
  },
  'decision.proof': {
    summary: 'Gives the proof that a decision is on the record',
    scope: 'decision:read',
    effect: 'read',
    kind: 'unary',
  },
  'decision.verify': {
    summary: 'Checks a recorded decision against the key of the node',
    scope: 'decision:read',
    effect: 'read',
    kind: 'unary',
  },
  'agent.list': {
    summary: 'Lists the seats of the council',
    scope: 'decision:read',
    effect: 'read',
    kind: 'unary',
  },
  'agent.activity': {
    summary: 'Lists what one agent has voted',
    scope: 'decision:read',
    effect: 'read',
    kind: 'unary',
  },
  'agent.serve': {
    summary: 'Registers an outside agent, hands it work and takes its signed ballots',
    scope: 'agent:serve',
    effect: 'write',
    kind: 'stream',
  },
  'review.queue': {
    summary: 'Lists held decisions that wait for a person',
    scope: 'decision:read',
    effect: 'read',
    kind: 'unary',
  },
  'review.resolve': {
    summary: 'Records a person’s word on a held decision',
    scope: 'review:resolve',
    effect: 'write',
    kind: 'unary',
  },
  'policy.evaluate': {
    summary: 'Asks the policy alone about an action; decides nothing',
    scope: 'policy:evaluate',
    effect: 'read',
    kind: 'unary',
  },
  'evolution.request': {
    summary: 'Puts a proposed change of policy or constitution before the council',
    scope: 'decision:submit',
    effect: 'write',
    kind: 'unary',
  },
  'audit.append': {
    summary: 'Puts an event on the record',
    scope: 'audit:append',
    effect: 'write',
    kind: 'unary',
  },
  'audit.read': {
    summary: 'Reads one entry of the trail',
    scope: 'audit:read',
    effect: 'read',
    kind: 'unary',
  },
  'audit.search': {
    summary: 'Searches entries of the trail',
    scope: 'audit:read',
    effect: 'read',
    kind: 'unary',
  },
  'audit.proof': {
    summary: 'Gives an entry of the trail with the proof of its record',
    scope: 'audit:read',
    effect: 'read',
    kind: 'unary',
  },
  'audit.follow': {
    summary: 'Follows entries and alarms of the trail as they happen',
    scope: 'audit:read',
    effect: 'read',
    kind: 'stream',
  },
  'responsibility.read': {
    summary: 'Says who made, approved and oversaw a decision, and whom it affects',
    scope: 'audit:read',
    effect: 'read',
    kind: 'unary',
  },
  'lineage.read': {
    summary: 'Says which data a decision used, or which decisions used a datum',
    scope: 'audit:read',
    effect: 'read',
    kind: 'unary',
  },
  'investigation.create': {
    summary: 'Opens an investigation',
    scope: 'accountability:investigate',
    effect: 'write',
    kind: 'unary',
  },
  'investigation.read': {
    summary: 'Reads investigations and their reports',
    scope: 'accountability:investigate',
    effect: 'read',
    kind: 'unary',
  },
  'investigation.change': {
    summary: 'Adds a note to an investigation, or closes it',
    scope: 'accountability:investigate',
    effect: 'write',
    kind: 'unary',
  },
  'investigation.export': {
    summary: 'Gives the evidence of an investigation as a signed package; the record says who took it',
    scope: 'accountability:investigate',
    effect: 'write',
    kind: 'unary',
  },
  'erasure.request': {
    summary: 'Erases what the record holds of a person or of one decision',
    scope: 'privacy:erase',
    effect: 'write',
    kind: 'unary',
  },
  'erasure.read': {
    summary: 'Reads how far an erasure is, with its certificate',
    scope: 'privacy:erase',
    effect: 'read',
    kind: 'unary',
  },
  'privacy.export': {
    summary: 'Gives what the record holds on a person; the record says who took it',
    scope: 'privacy:export',
    effect: 'write',
    kind: 'unary',
  },
  'hold.place': {
    summary: 'Keeps the data of a person or of one decision from erasure; lets nobody read it',
    scope: 'privacy:hold',
    effect: 'write',
    kind: 'unary',
  },
  'hold.release': {
    summary: 'Ends a legal hold',
    scope: 'privacy:hold',
    effect: 'write',
    kind: 'unary',
  },
  'hold.list': { summary: 'Lists legal holds', scope: 'privacy:hold', effect: 'read', kind: 'unary' },
  'actor.tree': { summary: 'Lists actors', scope: 'operator:read', effect: 'read', kind: 'unary' },
  'actor.read': { summary: 'Reads one actor', scope: 'operator:read', effect: 'read', kind: 'unary' },
  'actor.watch': {
    summary: 'Follows changes of the actor tree',
    scope: 'operator:read',
    effect: 'read',
    kind: 'stream',
  },
  'actor.command': {
    summary: 'Stops, restarts, pauses or resumes an actor, or sends it a diagnostic message',
    scope: 'operator:act',
    effect: 'write',
    kind: 'unary',
  },
  'dead-letter.list': {
    summary: 'Lists messages that nobody handled',
    scope: 'operator:read',
    effect: 'read',
    kind: 'unary',
  },
  'metrics.read': {
    summary: 'Gives the metrics of the node in the text format of Prometheus',
    scope: 'operator:read',
    effect: 'read',
    kind: 'unary',
  },
  'key.list': {
    summary: 'Lists API keys of the tenant, without their secrets',
    scope: 'identity:read',
    effect: 'read',
    kind: 'unary',
  },
  'key.create': { summary: 'Makes an API key', scope: 'identity:admin', effect: 'write', kind: 'unary' },
  'key.rotate': {
    summary: 'Makes the successor of an API key; both work until the grace time is over',
    scope: 'identity:admin',
    effect: 'write',
    kind: 'unary',
  },
  'key.bootstrap': {
    summary: 'Makes the first administrator’s key, once, for this machine or by one-time token',
    scope: null,
    effect: 'write',
    kind: 'unary',
  },
  'key.revoke': {
    summary: 'Ends an API key at once',
    scope: 'identity:admin',
    effect: 'write',
    kind: 'unary',
  },
  'session.read': {
    summary: 'Says who is signed in and how one can sign in',
    scope: null,
    effect: 'read',
    kind: 'unary',
  },
  'session.begin': {
    summary: 'Signs a person in: at a provider, with a password, or with a link to set one',
    scope: null,
    effect: 'write',
    kind: 'unary',
  },
  'session.factor': {
    summary: 'Sets up or shows the second factor of the person who signed in',
    scope: null,
    effect: 'write',
    kind: 'unary',
  },
  'session.end': { summary: 'Signs a person out', scope: null, effect: 'write', kind: 'unary' },
  'user.list': {
    summary: 'Lists users of the tenant, without their secrets',
    scope: 'identity:read',
    effect: 'read',
    kind: 'unary',
  },
  'user.create': {
    summary: 'Makes a local user and the token with which they set a password',
    scope: 'identity:admin',
    effect: 'write',
    kind: 'unary',
  },
  'user.disable': {
    summary: 'Keeps a user out, or lets one in again; sessions end at once',
    scope: 'identity:admin',
    effect: 'write',
    kind: 'unary',
  },
  'user.set-up': {
    summary: 'Takes the password of a local user away and makes a token to set another',
    scope: 'identity:admin',
    effect: 'write',
    kind: 'unary',
  },
  'user.reset-factor': {
    summary: 'Takes the second factor of a user away; sessions end at once',
    scope: 'identity:admin',
    effect: 'write',
    kind: 'unary',
  },
  'log.checkpoint': {
    summary: 'Gives the signed head of the log; to everyone where the log is public',
    scope: null,
    effect: 'read',
    kind: 'unary',
  },
  'log.tile': {
    summary: 'Gives hashes of the log; to everyone where the log is public; entries never',
    scope: null,
    effect: 'read',
    kind: 'unary',
  },
  'log.proof': {
    summary: 'Gives a transparent proof of an entry of the own tenant',
    scope: 'decision:read',
    effect: 'read',
    kind: 'unary',
  },
  'log.report': {
    summary: 'Says how the log stands with its witnesses',
    scope: 'operator:read',
    effect: 'read',
    kind: 'unary',
  },
  'anchor.status': {
    summary: 'Says how the log is anchored on each chain',
    scope: 'operator:read',
    effect: 'read',
    kind: 'unary',
  },
  'anchor.now': {
    summary: 'Closes a batch of what waits, so that its root is anchored next',
    scope: 'operator:act',
    effect: 'write',
    kind: 'unary',
  },
  'anchor.receipt': {
    summary: 'Gives the receipt of the anchor that covers a record of the own tenant',
    scope: 'decision:read',
    effect: 'read',
    kind: 'unary',
  },
  'audit.verify-chain': {
    summary: 'Checks every record of the log again',
    scope: 'operator:act',
    effect: 'read',
    kind: 'unary',
  },
  'witness.add-checkpoint': {
    summary: 'Vouches for a checkpoint of a log that this node watches',
    scope: null,
    effect: 'write',
    kind: 'unary',
  },
  'witness.checkpoint': {
    summary: 'Gives what this node vouched for last of a log',
    scope: null,
    effect: 'read',
    kind: 'unary',
  },
  'archive.status': {
    summary: 'Says how long-term storage, its replica and backups stand',
    scope: 'operator:read',
    effect: 'read',
    kind: 'unary',
  },
  'archive.run': {
    summary: 'Writes a batch of the record, brings the replica up to date, or makes a backup, now',
    scope: 'operator:act',
    effect: 'write',
    kind: 'unary',
  },
  'cluster.read': {
    summary: 'Says who the members of the cluster are, what each owns, and who writes the record',
    scope: 'operator:read',
    effect: 'read',
    kind: 'unary',
  },
  'cluster.drain': {
    summary: 'Hands over what a node owns, before it is stopped',
    scope: 'operator:act',
    effect: 'write',
    kind: 'unary',
  },
  'cluster.dead-letters': {
    summary: 'Lists messages between nodes that were given up, with the reason, and what waits',
    scope: 'operator:read',
    effect: 'read',
    kind: 'unary',
  },
  // What decisions said may stand in one: reading it takes more than reading of it.
  'cluster.dead-letter': {
    summary: 'Shows a message between nodes that was given up, with its content',
    scope: 'operator:act',
    effect: 'read',
    kind: 'unary',
  },
  'cluster.replay': {
    summary: 'Sends a message that was given up again; one that took effect takes none again',
    scope: 'operator:act',
    effect: 'write',
    kind: 'unary',
  },
  'cluster.drop': {
    summary: 'Removes a message that was given up, for good',
    scope: 'operator:act',
    effect: 'write',
    kind: 'unary',
  },
  ...EVALUATION_OPERATIONS,
  'content.register': {
    summary: 'Registers content in the log and, where one is configured, on a chain',
    scope: 'content:register',
    effect: 'write',
    kind: 'unary',
  },
  'content.verify': {
    summary: 'Says what log, chain, certificates and watermarks know of content',
    scope: 'content:read',
    effect: 'read',
    kind: 'unary',
  },
  'content.watermark': {
    summary: 'Adds an invisible watermark to a text or an image',
    scope: 'content:register',
    effect: 'write',
    kind: 'unary',
  },
  'content.provenance': {
    summary: 'Gives where content comes from',
    scope: 'content:read',
    effect: 'read',
    kind: 'unary',
  },
  'content.archive': {
    summary: 'Gives kept content as a CAR file',
    scope: 'content:read',
    effect: 'read',
    kind: 'unary',
  },
  'content.certificates': {
    summary: 'Lists the certificates of content',
    scope: 'content:read',
    effect: 'read',
    kind: 'unary',
  },
  'content.certify': {
    summary: 'Issues a certificate over registered content',
    scope: 'content:certify',
    effect: 'write',
    kind: 'unary',
  },
  'content.revoke': {
    summary: 'Revokes a certificate of content',
    scope: 'content:certify',
    effect: 'write',
    kind: 'unary',
  },
  'document.read': {
    summary: 'Gives a page or the description of the API',
    scope: null,
    effect: 'read',
    kind: 'unary',
  },
  'health.read': { summary: 'Says whether the node works', scope: null, effect: 'read', kind: 'unary' },
} as const satisfies Record<string, OperationInfo>;

/** Name of one operation. */
export type OperationName = keyof typeof OPERATIONS;
