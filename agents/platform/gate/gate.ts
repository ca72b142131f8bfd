/** The gate itself: one path for every door, in one turn where nothing has to be asked. */
import { createHmac } from 'node:crypto';
import { networkOf } from '../../../config/network.ts';
import type { Settings } from '../../../config/schema.ts';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import { OPERATIONS, SCOPES } from '../../../contracts/operations.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import type {
  GateCall,
  GatePass,
  GatePort,
  RateStatus,
} from '../../../runtime/kernel/ports/admission/gate.ts';
import { mayDecide } from '../../../runtime/kernel/ports/identity.ts';
import type { Credentials, IdentityPort, Principal } from '../../../runtime/kernel/ports/identity.ts';
import type { TelemetryPort } from '../../../runtime/kernel/ports/telemetry.ts';
import { compileRules } from './access/attribute-rules.ts';
import type { RuleCheck } from './access/attribute-rules.ts';
import type { SecretBytes } from './credentials/api-key.ts';
import { ANONYMOUS, Authenticator, unknownCaller } from './credentials/authenticator.ts';
import type { CredentialKind, Standing } from './credentials/authenticator.ts';
import { identityOf } from './credentials/identity.ts';
import type { Identity } from './credentials/identity.ts';
import { snapshotOf } from './credentials/identity-snapshot.ts';
import type { IdentitySnapshot } from './credentials/identity-snapshot.ts';
import { DenialBook } from './denial-book.ts';
import type { Denial } from './denial-book.ts';
import { OpenPass } from './gate-pass.ts';
import type { AdmittedCall, PassHost } from './gate-pass.ts';
import { CreditBook } from './limits/credit-book.ts';
import { OpenStreamLimits } from './limits/open-stream-limits.ts';
import type { Limiter } from './limits/request-limits.ts';
import { RequestLimits } from './limits/request-limits.ts';
import { TenantRate } from './limits/tenant-rate.ts';
import { screenRequest } from './screen.ts';
import { WatchedPasses } from './watched-passes.ts';

/** What a gate is made from. */
export interface GateOptions {
  readonly settings: Pick<Settings, 'identity' | 'admission' | 'http' | 'screen'>;
  readonly clock: Clock;
  readonly secretBytes: SecretBytes;
  readonly telemetry?: TelemetryPort | undefined;
  /** Replaces authentication; everything after it stays. */
  readonly foreignIdentity?: IdentityPort | undefined;
  readonly tokens?: CredentialKind | undefined;
  readonly sessions?: CredentialKind | undefined;
  /** Counts callers' requests; absent: in the memory of this node. */
  readonly callerLimiter?: Limiter | undefined;
}

/** What the gate tells its actor; nothing waits for it. */
export interface GateListener {
  /** The book of denials has an entry that should be written now. */
  onDenial(): void;
  /** First use of a stored key on a day (days since 1970-01-01 UTC). */
  onKeyUsed(keyId: string, day: number): void;
  /** The book of credits has something to store. */
  onCreditsUsed(): void;
}

const DAY_MS = 86_400_000;
const ADDRESS_BITS = { v4: 24, v6: 48 };

/**
 * See GatePort. Everything that a call needs is in memory and replaced whole by the gate's actor, which opens
 * the gate when it starts and closes it when it ends: without it nobody is let in.
 */
export class Gate implements GatePort {
  readonly denials = new DenialBook();
  readonly credits: CreditBook;
  readonly #tenantRate: TenantRate;
  readonly #settings: GateOptions['settings'];
  readonly #clock: Clock;
  readonly #telemetry: TelemetryPort | undefined;
  readonly #authenticator: Authenticator;
  readonly #foreign: IdentityPort | undefined;
  readonly #limits: RequestLimits;
  readonly #streams: OpenStreamLimits;
  readonly #watched: WatchedPasses;
  readonly #rules: RuleCheck;
  /** Keyed hashes of user names in denials: they tell users apart during one run and name nobody. */
  readonly #salt: Uint8Array;
  readonly #usedDays = new Map<string, number>();
  #snapshot: IdentitySnapshot;
  #listener: GateListener | undefined;
  #openCount = 0;
  readonly #host: PassHost = {
    watch: (pass, listener) => this.#watched.watch(pass, listener),
    released: (pass) => {
      this.#openCount -= 1;
      this.#watched.forget(pass);
    },
  };

  constructor(options: GateOptions) {
    const { settings, clock, telemetry, foreignIdentity, tokens, sessions } = options;
    const { localTenant, trustLoopback, tokenMaxBytes: maxBytes, rules, ruleDefault } = settings.identity;
    this.#settings = settings;
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#foreign = foreignIdentity;
    this.#salt = options.secretBytes(32);
    this.#snapshot = snapshotOf(settings.identity, null);
    const { ratePerSecond: perSecond, rateBurstCount: burstCount } = settings.admission;
    this.credits = new CreditBook(settings.admission);
    this.#tenantRate = new TenantRate({ perSecond, burstCount });
    this.#limits = new RequestLimits(settings.admission, clock, options.callerLimiter);
    this.#streams = new OpenStreamLimits(settings.admission);
    this.#rules = compileRules(rules, ruleDefault);
    this.#authenticator = new Authenticator({
      localTenant,
      trustLoopback,
      maxBytes,
      scopes: SCOPES,
      snapshot: () => this.#snapshot,
      tokens,
      sessions,
    });
    this.#watched = new WatchedPasses({
      clock,
      standing: (pass) => this.#standing(pass),
      onEnded: (pass, why) => this.#ended(pass, why),
      onFault: (error) =>
        telemetry?.log('error', '/platform/gate', 'a stream did not end', { error: String(error) }),
    });
    for (const kind of [tokens, sessions]) kind?.onChange(() => this.#watched.review());
  }

  get isOpen(): boolean {
    return this.#listener !== undefined;
  }

  /** Calls that were let in and have not ended. */
  get openCount(): number {
    return this.#openCount;
  }

  /** Calls that stay open and are looked at again until they are released. */
  get watchedCount(): number {
    return this.#watched.count;
  }

  /** Callers and addresses that hold streams. */
  get streamHolderCount(): number {
    return this.#streams.size;
  }

  get snapshot(): IdentitySnapshot {
    return this.#snapshot;
  }

  /** The program that the node is embedded in: who it is, by its own identity port where it has one. */
  async embedder(): Promise<Principal> {
    const credentials: Credentials = { door: 'embedded' };
    if (this.#foreign) return this.#foreign.authenticate(credentials);
    return (await this.#authenticator.authenticate(credentials)).principal;
  }

  /**
   * Lets one decision of an admitted caller be submitted, whichever door and stream it came through: type,
   * screen where it refuses, rate and credits of the tenant. The function that it gives takes the charge
   * back, for a decision that was not accepted. The node's own operator is not limited.
   * @throws permission_denied, rate_limited, quota_exceeded
   */
  permitDecision(principal: Principal, request: DecisionRequest): () => void {
    try {
      if (!mayDecide(principal, request.type)) {
        throw new WitanError('permission_denied', 'a rule does not allow this type of decision', {
          path: 'type',
        });
      }
      const { effect, patterns } = this.#settings.screen;
      if (effect === 'refuse' && screenRequest(request, patterns).isInjection) {
        throw new WitanError('permission_denied', 'the screen for prompt injection refuses this text');
      }
      if (principal.id === 'local') return () => undefined;
      return this.#chargeDecision(principal.tenant);
    } catch (error) {
      throw this.#note(error, { principal, operation: 'decision.evaluate', door: 'any' });
    }
  }

  #use(tenant: string, cost: number): void {
    if (this.credits.use(tenant, cost, this.#clock.wallMs())) this.#listener?.onCreditsUsed();
  }

  #chargeDecision(tenant: string): () => void {
    assertNoWait(this.#tenantRate.take(tenant, this.#clock.monotonicMs()));
    const cost = this.#settings.admission.creditCosts['decision.evaluate'] ?? 0;
    const nowWallMs = this.#clock.wallMs();
    this.credits.check(tenant, cost, nowWallMs);
    this.#use(tenant, cost);
    let isCharged = true;
    return () => {
      if (isCharged) this.#use(tenant, -cost);
      isCharged = false;
    };
  }

  /** Takes calls from now on; a second listener replaces the first. */
  open(listener: GateListener): void {
    this.#listener = listener;
  }

  /** Takes no more calls, unless another listener has opened it meanwhile. */
  close(listener: GateListener): void {
    if (this.#listener === listener) this.#listener = undefined;
  }

  /** Puts keys in force: calls from now on see them alone, and streams of those that are gone end. */
  use(snapshot: IdentitySnapshot): void {
    this.#snapshot = snapshot;
    this.#watched.review();
  }

  /** Ends every stream that is watched: nobody is left who would end it in time. */
  endStreams(): void {
    this.#watched.endAll(new WitanError('unavailable', 'the gate is closed', { retryAfterMs: 1_000 }));
  }

  admit(call: GateCall): GatePass | Promise<GatePass> {
    let identity: Identity | undefined;
    try {
      this.#takeIn(call);
      const given = this.#identify(call);
      if (given instanceof Promise) return this.#admitLater(call, given);
      identity = given;
      const pass = this.#passIn(call, identity);
      return pass instanceof Promise ? this.#passLater(call, identity, pass) : pass;
    } catch (error) {
      throw this.#denied(call, identity, error);
    }
  }

  async #admitLater(call: GateCall, given: Promise<Identity>): Promise<GatePass> {
    let identity: Identity | undefined;
    try {
      identity = await given;
      return await this.#passIn(call, identity);
    } catch (error) {
      throw this.#denied(call, identity, error);
    }
  }

  async #passLater(call: GateCall, identity: Identity, pass: Promise<GatePass>): Promise<GatePass> {
    try {
      return await pass;
    } catch (error) {
      throw this.#denied(call, identity, error);
    }
  }

  /** What is checked before anybody knows who calls. */
  #takeIn({ bodyBytes = 0, credentials }: GateCall): void {
    if (!this.#listener)
      throw new WitanError('unavailable', 'the gate is closed', { actor: '/platform/gate' });
    this.#limits.takeAddress(credentials);
    const maxBytes = this.#settings.http.bodyMaxBytes;
    if (bodyBytes > maxBytes) {
      throw new WitanError('too_large', `the body has more than ${maxBytes} bytes`, { maxBytes });
    }
  }

  #identify(call: GateCall): Identity | Promise<Identity> {
    try {
      const given = this.#foreign
        ? this.#foreign.authenticate(call.credentials).then((principal) => identityOf('foreign', principal))
        : this.#authenticator.authenticate(call.credentials);
      return given instanceof Promise ? given.catch((error: unknown) => orAnonymous(call, error)) : given;
    } catch (error) {
      return orAnonymous(call, error);
    }
  }

  /** What is checked once it is known who calls. */
  #passIn(call: GateCall, identity: Identity): GatePass | Promise<GatePass> {
    const nowWallMs = this.#clock.wallMs();
    assertLasts(identity, nowWallMs);
    const { scope } = OPERATIONS[call.operation];
    if (scope !== null && !identity.scopes.has(scope)) throw this.#withoutScope(identity, scope);
    const principal = this.#underRules(identity, call, nowWallMs);
    if (identity.keyId !== undefined) this.#noteUse(identity.keyId, nowWallMs);
    const admitted = { call, identity, principal };
    if (!isCounted(identity)) return this.#pass(admitted, null);
    const rate = this.#limits.takeCaller(identity, call.operation);
    if (rate instanceof Promise) return rate.then((status) => this.#charged(admitted, status));
    return this.#charged(admitted, rate);
  }

  #underRules(identity: Identity, { operation, credentials }: GateCall, nowWallMs: number): Principal {
    const { principal } = identity;
    const { remoteAddress } = credentials;
    const outcome = this.#rules({ operation, principal, remoteAddress, nowWallMs });
    if (!outcome.isAllowed) {
      throw new WitanError('permission_denied', 'a rule does not allow this call', { rule: outcome.ruleId });
    }
    const { decisionTypes } = outcome;
    return decisionTypes ? { ...principal, decisionTypes } : principal;
  }

  /** Decisions are charged one by one when they are submitted, see `permitDecision`; other calls here. */
  #charged(admitted: AdmittedCall, rate: RateStatus): GatePass {
    const { operation } = admitted.call;
    const { tenant } = admitted.principal;
    const cost = this.#settings.admission.creditCosts[operation] ?? 0;
    // A tenant that has used up its rate is refused before anybody reads what it sent.
    if (operation === 'decision.evaluate') {
      assertNoWait(this.#tenantRate.waitMs(tenant, this.#clock.monotonicMs()));
    }
    if (cost > 0) this.credits.check(tenant, cost, this.#clock.wallMs());
    const pass = this.#pass(admitted, rate);
    if (cost > 0 && operation !== 'decision.evaluate') this.#use(tenant, cost);
    return pass;
  }

  #pass(admitted: AdmittedCall, rate: RateStatus | null): GatePass {
    const pass = new OpenPass(admitted, rate, this.#host);
    if (staysOpen(admitted.call)) pass.leaveWith(this.#enterStream(admitted));
    this.#openCount += 1;
    return pass;
  }

  #enterStream({ call, identity }: AdmittedCall): () => void {
    const caller = isCounted(identity) ? identity.limitKey : undefined;
    return this.#streams.enter({ caller, address: this.#limits.addressKey(call.credentials) });
  }

  /** Whether the caller of an open call may still do what it was let in for; see {@link WatchedPasses}. */
  #standing({ admitted: { call, identity } }: OpenPass): number | Promise<number> {
    assertLasts(identity, this.#clock.wallMs());
    const standing = this.#look(call);
    if (standing instanceof Promise) return standing.then((now) => this.#stillMay(call, identity, now));
    return this.#stillMay(call, identity, standing);
  }

  #look(call: GateCall): Standing | Promise<Standing> {
    const unknown = (error: unknown): Standing => standingOf(orAnonymous(call, error));
    try {
      const standing = this.#foreign
        ? this.#foreign.authenticate(call.credentials).then((one) => standingOf(identityOf('foreign', one)))
        : this.#authenticator.look(call.credentials);
      return standing instanceof Promise ? standing.catch(unknown) : standing;
    } catch (error) {
      return unknown(error);
    }
  }

  #stillMay(call: GateCall, before: Identity, { identity, lookAtWallMs }: Standing): number {
    const nowWallMs = this.#clock.wallMs();
    assertLasts(identity, nowWallMs);
    const { id, tenant } = identity.principal;
    if (id !== before.principal.id || tenant !== before.principal.tenant) {
      throw unknownCaller('the credential stands for somebody else now', 'a new call');
    }
    // What was opened with the scopes of then is read with them to its end: fewer ones need a new call.
    for (const scope of before.scopes) {
      if (!identity.scopes.has(scope)) throw this.#withoutScope(identity, scope);
    }
    this.#underRules(identity, call, nowWallMs);
    return lookAtWallMs;
  }

  #ended({ admitted: { call, principal } }: OpenPass, why: WitanError): WitanError {
    const { operation, credentials } = call;
    const { door, remoteAddress } = credentials;
    this.#note(why, { principal, operation, door, remoteAddress });
    return new WitanError(why.code, why.message, { ...why.details, wasAdmitted: true });
  }

  #withoutScope(identity: Identity, scope: string): WitanError {
    if (identity.kind !== 'anonymous') {
      return new WitanError('permission_denied', 'the caller may not do this', {
        path: 'scope',
        expected: scope,
      });
    }
    const isConfigured = this.#snapshot.administeredUntilWallMs > Number.NEGATIVE_INFINITY;
    return isConfigured
      ? unknownCaller('the caller is not known', 'an API key or a token')
      : unknownCaller(
          'without a configured identity only this machine is served',
          'a loopback address, or a first administrator: witan keys bootstrap',
        );
  }

  #noteUse(keyId: string, nowWallMs: number): void {
    const day = Math.floor(nowWallMs / DAY_MS);
    if (this.#usedDays.get(keyId) === day) return;
    this.#usedDays.set(keyId, day);
    this.#listener?.onKeyUsed(keyId, day);
  }

  #denied(call: GateCall, identity: Identity | undefined, thrown: unknown): WitanError {
    const { operation, credentials } = call;
    let error = toWitanError(thrown);
    if (!identity && error.code === 'unauthenticated') {
      try {
        this.#limits.takeFailure(credentials);
      } catch (limited) {
        error = toWitanError(limited);
      }
    }
    const principal = identity && identity.kind !== 'anonymous' ? identity.principal : undefined;
    const { door, remoteAddress } = credentials;
    return this.#note(error, { principal, operation, door, remoteAddress });
  }

  /** Notes a refusal for the record, and logs the first of its kind. */
  #note(thrown: unknown, { principal, operation, door, remoteAddress }: Refused): WitanError {
    const error = toWitanError(thrown);
    const { code } = error;
    if (!this.#listener) return error;
    const elsewhere = remoteAddress === undefined ? `door ${door}` : networkOf(remoteAddress, ADDRESS_BITS);
    const by = principal ? this.#nameOf(principal) : elsewhere;
    const denial = { by, tenant: principal?.tenant ?? 'system', operation, code, door };
    if (!this.denials.note(denial, this.#clock.wallMs())) return error;
    // One line a kind and minute, as on the record: a caller who is refused a thousand times a second must
    // not slow the others by what is written about it.
    this.#telemetry?.log('warn', '/platform/gate', 'access denied', { ...denial });
    this.#listener.onDenial();
    return error;
  }

  /** Who was denied, without naming a person. */
  #nameOf({ id }: Principal): string {
    if (/^(key|node):|^local$/.test(id)) return id;
    return `user#${createHmac('sha256', this.#salt).update(id).digest('hex').slice(0, 16)}`;
  }
}

interface Refused {
  readonly principal: Principal | undefined;
  readonly operation: Denial['operation'];
  readonly door: Denial['door'];
  readonly remoteAddress?: string | undefined;
}

/** A wrong credential does not keep anybody from what is served to everyone. */
function orAnonymous({ operation }: GateCall, error: unknown): Identity {
  if (OPERATIONS[operation].scope === null && toWitanError(error).code === 'unauthenticated')
    return ANONYMOUS;
  throw error;
}

/** Whether a caller's calls and streams are counted; of the others only their address is. */
function isCounted({ kind }: Identity): boolean {
  return kind !== 'local' && kind !== 'anonymous';
}

function staysOpen({ operation, staysOpen: isHeldOpen }: GateCall): boolean {
  return isHeldOpen === true || OPERATIONS[operation].kind === 'stream';
}

function standingOf(identity: Identity): Standing {
  return { identity, lookAtWallMs: identity.expiresAtWallMs };
}

/** @throws rate_limited */
function assertNoWait(waitMs: number): void {
  if (waitMs <= 0) return;
  throw new WitanError('rate_limited', 'the tenant submits more than its rate allows', {
    retryAfterMs: Math.ceil(waitMs),
  });
}

/** @throws unauthenticated */
function assertLasts({ expiresAtWallMs }: Identity, nowWallMs: number): void {
  if (expiresAtWallMs > nowWallMs) return;
  throw unknownCaller('the credential has ended', 'a key or token that is still valid');
}
