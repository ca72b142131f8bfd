/** A gate with its actor on a simulated clock, in memory, for tests. */
import { spawnGate } from '../../agents/platform/gate/gate-actor.ts';
import type { BootstrapToken } from '../../agents/platform/gate/credentials/key-desk.ts';
import { Gate } from '../../agents/platform/gate/gate.ts';
import type { GateOptions } from '../../agents/platform/gate/gate.ts';
import type { GateMessage, KeyChange, KeyReply, MadeKey } from '../../agents/platform/gate/messages.ts';
import { loadSettings } from '../../config/loader.ts';
import type { SettingsInput } from '../../config/schema.ts';
import type { OperationName } from '../../contracts/operations.ts';
import { query, SimClock, start } from '../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../runtime/kernel/index.ts';
import type { GatePass } from '../../runtime/kernel/ports/admission/gate.ts';
import type { IdentityStorePort } from '../../runtime/kernel/ports/admission/identity-store.ts';
import type { Credentials, Principal } from '../../runtime/kernel/ports/identity.ts';
import type { LedgerEntry, LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { MemoryIdentityStore } from '../../runtime/store/memory/memory-identity-store.ts';
import { MemoryLedger } from '../../runtime/store/memory/memory-ledger.ts';
import { advance } from '../sim-time.ts';
import { SCOPES } from '../../contracts/operations.ts';

/** A caller somewhere on the network. */
export const ELSEWHERE = { door: 'http', remoteAddress: '203.0.113.7' } as const satisfies Credentials;

/** A caller on this machine, as the gate makes it. */
export const LOCAL: Principal = { id: 'local', tenant: 'local', scopes: SCOPES };

/** What a rig is made with; everything has a default. */
export interface RigOptions {
  readonly settings?: SettingsInput;
  readonly store?: IdentityStorePort;
  readonly wrapLedger?: (ledger: LedgerPort) => LedgerPort;
  readonly bootstrapToken?: BootstrapToken | null;
  readonly gate?: Partial<GateOptions>;
}

/** A gate whose actor runs. */
export class GateRig {
  readonly clock = new SimClock();
  readonly system: ActorSystem;
  readonly gate: Gate;
  readonly ledger: LedgerPort;
  readonly store: IdentityStorePort;
  readonly actor: ActorRef<GateMessage>;
  #seed = 1;

  constructor(options: RigOptions = {}) {
    const { settings } = loadSettings({ code: options.settings ?? {} });
    const { clock } = this;
    this.system = start({ clock });
    const ledger = new MemoryLedger({ logId: 'test', clock, keys: new MemoryKeys({ clock }) });
    this.ledger = options.wrapLedger?.(ledger) ?? ledger;
    this.store = options.store ?? new MemoryIdentityStore();
    const secretBytes = (count: number): Uint8Array => this.#bytes(count);
    this.gate = new Gate({ settings, clock, secretBytes, ...options.gate });
    this.actor = spawnGate(this.system.root, {
      gate: this.gate,
      store: this.store,
      ledger: this.ledger,
      clock,
      secretBytes,
      settings: settings.identity,
      bootstrapToken: options.bootstrapToken ?? null,
    });
  }

  /** Starts a rig and waits until its gate is open. */
  static async start(options: RigOptions = {}): Promise<GateRig> {
    const rig = new GateRig(options);
    await rig.refresh();
    return rig;
  }

  async refresh(): Promise<void> {
    await query(this.actor, (replyTo: ActorRef<unknown>) => ({ type: 'refresh' as const, replyTo }), {
      timeoutMs: 60_000,
    });
  }

  /** Admits, whatever the form of the answer. */
  async admit(operation: OperationName, credentials: Credentials, bodyBytes = 0): Promise<GatePass> {
    return this.gate.admit({ operation, credentials, bodyBytes });
  }

  async change(change: KeyChange): Promise<KeyReply> {
    return query(this.actor, (replyTo: ActorRef<KeyReply>) => ({ ...change, replyTo }), {
      timeoutMs: 60_000,
    });
  }

  /** Makes a key and gives its text. @throws what the gate refuses with */
  async make(change: KeyChange): Promise<MadeKey> {
    const reply = await this.change(change);
    if (reply.type === 'key-made') return reply.made;
    throw reply.type === 'failed' ? reply.error : new Error(reply.type);
  }

  async keyFor(scopes: readonly string[], tenant = 'acme', roles: readonly string[] = []): Promise<MadeKey> {
    return this.make({ type: 'create-key', by: LOCAL, request: { tenant, scopes, roles } });
  }

  /** Entries of a kind, oldest first. */
  async entries(kind: LedgerEntry['kind']): Promise<Record<string, unknown>[]> {
    const all: Record<string, unknown>[] = [];
    for await (const entry of this.ledger.read(0)) {
      if (entry.kind === kind) all.push(entry.payload as Record<string, unknown>);
    }
    return all;
  }

  pass(ms: number): Promise<void> {
    return advance(this.clock, ms);
  }

  async end(): Promise<void> {
    await this.system.stop({ graceMs: 0 });
  }

  #bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => {
      this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return this.#seed >> 16;
    });
  }
}
