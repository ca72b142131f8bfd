/** Stores with sealed decisions of many years, for tests of retention. */
import { ErasureDesk } from '../../agents/platform/audit/erasure/erasure-desk.ts';
import { HoldDesk } from '../../agents/platform/audit/erasure/hold-desk.ts';
import type { ErasureFaultPoint, ErasurePorts } from '../../agents/platform/audit/erasure/ports.ts';
import type { RetentionPorts } from '../../agents/platform/audit/retention/ports.ts';
import { SettingsSchema } from '../../config/schema.ts';
import { decisionIdOf } from '../../contracts/ledger/signing.ts';
import type { Decision } from '../../contracts/messages/decision.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import { openStores } from '../../runtime/host/record/open-stores.ts';
import type { NodeStores } from '../../runtime/host/record/open-stores.ts';
import { erasurePorts, retentionPorts } from '../../runtime/host/services/erasure/erasure-ports.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { SimClock } from '../../runtime/kernel/index.ts';
import { finalOf, openedOf } from './recorded-decision.ts';

/** Caller of the tests. */
export const PRINCIPAL = { id: 'user:dpo', tenant: 'acme', scopes: [] };

/** Everything that a test of retention works with. */
export interface RetentionScene {
  readonly clock: SimClock;
  readonly stores: NodeStores;
  readonly erasure: ErasurePorts;
  readonly desk: ErasureDesk;
  readonly holds: HoldDesk;
  readonly retention: RetentionPorts;
  goTo(day: string): void;
  /** Records a decision now; without `isOpen` it has a verdict too. */
  decide(
    name: string,
    options?: { subjects?: string[]; isOpen?: boolean; tenant?: string },
  ): Promise<DecisionId>;
  /** Text of a decision as the node reads it. */
  textOf(decisionId: DecisionId): Promise<string | undefined>;
  /** Names of the keys of a decision: its own, then those of persons. */
  keysOf(decisionId: DecisionId): Promise<string[]>;
  /** Certificates on the record, by entry. */
  tombstones(): Promise<{ index: number; keyIds: string[]; entries: number[]; reason: string }[]>;
}

/** Opens stores. @param dataDir null: memory */
export async function openRetentionScene(
  dataDir: string | null,
  { day, onStep }: { day: string; onStep?: (point: ErasureFaultPoint) => void },
): Promise<RetentionScene> {
  const clock = new SimClock({ wallStartMs: Date.parse(day) });
  const settings = SettingsSchema.parse({});
  const stores = await openStores({ settings, dataDir, clock, onSubscriberError: () => undefined });
  const { privacy } = stores;
  const erasure: ErasurePorts = { ...erasurePorts(stores, clock, () => undefined), onStep };
  const loaded = await erasure.store.load();
  const desk = new ErasureDesk(erasure, loaded.erasures);
  const retention = retentionPorts(erasure, settings, (expired) => desk.expire(expired));
  return {
    clock,
    stores,
    erasure,
    desk,
    holds: new HoldDesk(erasure, loaded.holds),
    retention,
    goTo: (to) => clock.advance(Date.parse(to) - clock.wallMs()),
    async decide(name, { subjects = [], isOpen = false, tenant = 'acme' } = {}) {
      const decisionId = decisionIdOf(tenant, name, sha256);
      const digest = `sha256:${'0'.repeat(64)}` as Decision['digest'];
      const request = { type: 'chat', text: name, subjects };
      const decision = await privacy.conceal({ decisionId, tenant, digest, request });
      const entry = { tenant, decisionId } as const;
      await privacy.append({ ...entry, kind: 'opened', payload: openedOf(decision) });
      if (!isOpen) await privacy.append({ ...entry, kind: 'final', payload: finalOf(decision, name) });
      return decisionId;
    },
    async textOf(decisionId) {
      const [opened] = await privacy.byDecision(decisionId);
      return (opened!.payload as { request?: { text?: string } }).request?.text;
    },
    async keysOf(decisionId) {
      const [opened] = await privacy.recorded.byDecision(decisionId);
      return (opened!.payload as { sealed: { keyId: string } }).sealed.keyId.split('+');
    },
    async tombstones() {
      const found = [];
      for await (const { index, payload } of privacy.recorded.read(0)) {
        const { format, certificate, entries } = payload as {
          format?: string;
          certificate: { body: { keyIds: string[]; reason: string } };
          entries: number[];
        };
        const { keyIds, reason } = certificate?.body ?? {};
        if (format === 'witan-erasure/1') found.push({ index, keyIds: keyIds!, reason: reason!, entries });
      }
      return found;
    },
  };
}
