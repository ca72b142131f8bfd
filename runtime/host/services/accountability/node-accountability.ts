/** What doors ask of accountability, answered from log and index; scopes and tenants are checked here. */
import { randomBytes } from 'node:crypto';
import type {
  AccountabilityMessage,
  AccountabilityReply,
} from '../../../../agents/platform/accountability/accountability-actor.ts';
import { decisionFacts } from '../../../../agents/platform/accountability/decision-facts.ts';
import { responsibilityGraph } from '../../../../agents/platform/accountability/graph/responsibility-graph.ts';
import type { KeyOwner } from '../../../../agents/platform/accountability/graph/responsibility-graph.ts';
import {
  investigationOf,
  recordKeyOf,
} from '../../../../agents/platform/accountability/investigation/investigation-events.ts';
import type { InvestigationEvent } from '../../../../agents/platform/accountability/investigation/investigation-events.ts';
import { reportOf } from '../../../../agents/platform/accountability/investigation/report.ts';
import { auditLogId } from '../../../../contracts/ledger/audit/audit-log-id.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { INVESTIGATED_MAX_COUNT } from '../../../../contracts/messages/accountability/investigation.ts';
import type {
  Investigation,
  InvestigationReport,
  InvestigationRequest,
} from '../../../../contracts/messages/accountability/investigation.ts';
import type { DatumUse } from '../../../../contracts/messages/accountability/lineage.ts';
import type { PinnedKey } from '../../../../contracts/messages/decision-proof.ts';
import { DecisionId, Digest } from '../../../../contracts/messages/ids.ts';
import type { AccountabilityBackend } from '../../../../transport/door/accountability-backend.ts';
import { digestOf, sha256 } from '../../../kernel/crypto/digest.ts';
import { query } from '../../../kernel/index.ts';
import type { ActorRef } from '../../../kernel/index.ts';
import type { IndexedDatum } from '../../../kernel/ports/audit/audit-index.ts';
import type { IdentityStorePort } from '../../../kernel/ports/admission/identity-store.ts';
import type { DecisionIndexPort } from '../../../kernel/ports/decision/decision-index.ts';
import type { Principal } from '../../../kernel/ports/identity.ts';
import type { KeysPort } from '../../../kernel/ports/keys.ts';
import type { LedgerPort } from '../../../kernel/ports/ledger.ts';
import { dataOf, datumTag } from '../../../kernel/audit-index/projection.ts';
import { CHECKPOINT_PURPOSE } from '../../../store/ledger/log-signer.ts';
import { datumSubject } from '../../../store/privacy/sealed-ledger.ts';
import { readProof } from '../../record/read-proof.ts';
import { requireScope } from '../../door/require-scope.ts';
import type { EntryReader } from '../audit/entry-reader.ts';
import { searchFilterOf } from '../audit/search-filter.ts';
import { collectEntries } from './collect-entries.ts';
import type { CollectedEntries } from './collect-entries.ts';
import { makePackage } from './make-package.ts';

/** Parts of a node that accountability is answered from. */
export interface AccountabilityParts {
  readonly ledger: LedgerPort;
  readonly index: DecisionIndexPort;
  readonly identities: IdentityStorePort;
  readonly keys: KeysPort;
  readonly reader: EntryReader;
  readonly syncIndex: () => Promise<void>;
  readonly find: () => ActorRef<AccountabilityMessage>;
  readonly pinnedKey: () => PinnedKey;
  readonly nowIso: () => string;
  /** Pseudonym under which the record holds a datum. */
  readonly tagOf: (of: { readonly tenant: string; readonly subject: string }) => string;
}

/** Time that a change of an investigation may take. */
const CHANGE_MS = 30_000;

/** See {@link AccountabilityBackend}. */
export class NodeAccountability implements AccountabilityBackend {
  readonly #parts: AccountabilityParts;

  constructor(parts: AccountabilityParts) {
    this.#parts = parts;
  }

  responsibility: AccountabilityBackend['responsibility'] = async (decisionId, principal) => {
    requireScope(principal, 'audit:read');
    return this.#graph(decisionId, principal.tenant);
  };

  lineage: AccountabilityBackend['lineage'] = async (of, { cursor, limit }, principal) => {
    requireScope(principal, 'audit:read');
    const { index, syncIndex } = this.#parts;
    const { tenant } = principal;
    await syncIndex();
    const decisionId = DecisionId.safeParse(of).data;
    if (decisionId !== undefined) {
      await this.#factsOf(decisionId, tenant);
      const data = await this.#dataOf(decisionId);
      return { of, uses: data.map((datum) => this.#useOf(datum)), nextCursor: null };
    }
    const names = [of, datumTag(this.#parts.tagOf(datumSubject(tenant, of)))];
    const { items, nextCursor } = await index.audit.usesOf(names, { tenant, cursor, limit });
    return { of, uses: items.map((datum) => this.#useOf({ ...datum, digest: of })), nextCursor };
  };

  open: AccountabilityBackend['open'] = async (request, principal) => {
    requireScope(principal, 'accountability:investigate');
    const decisions = await this.#decisionsOf(request, principal);
    const id = `i${randomBytes(16).toString('hex')}`;
    return this.#change(id, { event: 'investigation-opened', decisions, reason: request.reason }, principal);
  };

  list: AccountabilityBackend['list'] = async ({ cursor, limit }, principal) => {
    requireScope(principal, 'accountability:investigate');
    const { index, syncIndex, ledger } = this.#parts;
    await syncIndex();
    const actionType = { text: 'investigation-opened', isPrefix: false };
    const page = await index.audit.search({ tenants: [principal.tenant], actionType }, { cursor, limit });
    const items: Investigation[] = [];
    for (const row of page.items) {
      const payload = (await ledger.entry(row.index))?.payload as { readonly investigation?: string };
      const known = await this.#find(payload?.investigation ?? '', principal);
      if (known) items.push(known);
    }
    return { items, nextCursor: page.nextCursor };
  };

  read: AccountabilityBackend['read'] = async (id, principal) => {
    requireScope(principal, 'accountability:investigate');
    const known = await this.#find(id, principal);
    if (known) return known;
    throw new WitanError('not_found', `there is no investigation ${id}`, {
      path: 'id',
      expected: 'the id of an investigation',
    });
  };

  note: AccountabilityBackend['note'] = async (id, text, principal) => {
    requireScope(principal, 'accountability:investigate');
    return this.#change(id, { event: 'investigation-note', text }, principal);
  };

  close: AccountabilityBackend['close'] = async (id, conclusion, principal) => {
    requireScope(principal, 'accountability:investigate');
    return this.#change(id, { event: 'investigation-closed', conclusion }, principal);
  };

  report: AccountabilityBackend['report'] = async (id, principal) => {
    const investigation = await this.read(id, principal);
    return this.#reportOf(investigation, await this.#collect(investigation, principal));
  };

  export: AccountabilityBackend['export'] = async (id, principal) => {
    const { ledger, keys, reader, pinnedKey, nowIso } = this.#parts;
    const investigation = await this.read(id, principal);
    const collected = await this.#collect(investigation, principal);
    const report = this.#reportOf(investigation, collected);
    const { tenant } = principal;
    const graphs = await Promise.all(report.decisions.map((one) => this.#graph(one.decision_id, tenant)));
    const decisions = [];
    for (const { decision_id: decisionId, outcome } of report.decisions) {
      if (outcome === 'open') continue;
      decisions.push({ id: decisionId, proof: await readProof({ ledger }, decisionId, tenant) });
    }
    const entries = [];
    for (const entry of [...collected.about, ...collected.around]) entries.push(await reader.proofOf(entry));
    const { keyId } = keys.active(CHECKPOINT_PURPOSE);
    const made = makePackage({
      report,
      graphs,
      decisions,
      entries,
      pinnedKey: pinnedKey(),
      madeAt: nowIso(),
      madeBy: principal.id,
      keyId,
      sign: (bytes) => keys.sign(keyId, bytes),
    });
    const manifestDigest = digestOf(made.manifest);
    await this.#change(id, { event: 'investigation-exported', manifestDigest }, principal);
    return made;
  };

  async #change(id: string, event: InvestigationEvent, principal: Principal): Promise<Investigation> {
    const { tenant, id: by } = principal;
    const reply = await query(
      this.#parts.find(),
      (replyTo: ActorRef<AccountabilityReply>) => ({
        type: 'change' as const,
        id,
        tenant,
        by,
        event,
        replyTo,
      }),
      { timeoutMs: CHANGE_MS },
    );
    if (reply.type === 'failed') throw reply.error;
    return reply.investigation;
  }

  async #find(id: string, { tenant }: Principal): Promise<Investigation | undefined> {
    if (!/^i[0-9a-f]{32}$/.test(id)) return undefined;
    const known = investigationOf(id, await this.#parts.ledger.byDecision(recordKeyOf(id)));
    return known?.tenant === tenant ? known.investigation : undefined;
  }

  async #decisionsOf(
    { decision_ids: named = [], search }: InvestigationRequest,
    { tenant }: Principal,
  ): Promise<DecisionId[]> {
    const ids = new Set<DecisionId>(named);
    for (const id of named) await this.#factsOf(id, tenant);
    if (search !== undefined) {
      const { index, syncIndex, ledger } = this.#parts;
      await syncIndex();
      const filter = searchFilterOf(search, { tenants: [tenant], logName: ledger.logId });
      const { items } = await index.audit.search(filter, { limit: 1_000 });
      for (const { decisionId } of items) if (decisionId !== null) ids.add(decisionId);
    }
    if (ids.size === 0) {
      throw new WitanError('not_found', 'the search names no decision', {
        path: 'search',
        expected: 'filters that entries of decisions match',
      });
    }
    if (ids.size <= INVESTIGATED_MAX_COUNT) return [...ids];
    throw new WitanError(
      'too_large',
      `an investigation is about ${INVESTIGATED_MAX_COUNT} decisions at most`,
      {
        path: 'search',
        expected: 'a narrower search',
      },
    );
  }

  async #collect({ decision_ids: ids }: Investigation, { tenant }: Principal): Promise<CollectedEntries> {
    const { ledger, index, syncIndex } = this.#parts;
    await syncIndex();
    return collectEntries(ids, tenant, { ledger, audit: index.audit });
  }

  #reportOf(investigation: Investigation, collected: CollectedEntries): InvestigationReport {
    const { ledger } = this.#parts;
    return reportOf({ investigation, logName: ledger.logId, size: ledger.size(), sha256, ...collected });
  }

  async #graph(
    decisionId: DecisionId,
    tenant: string,
  ): Promise<Awaited<ReturnType<AccountabilityBackend['responsibility']>>> {
    await this.#parts.syncIndex();
    const facts = await this.#factsOf(decisionId, tenant);
    const data = await this.#dataOf(decisionId);
    return responsibilityGraph({ ...facts, data }, await this.#keyOwners(tenant));
  }

  /** Data of a decision as its reader may see them; none once its input is erased. */
  async #dataOf(decisionId: DecisionId): Promise<IndexedDatum[]> {
    const entries = await this.#parts.ledger.byDecision(decisionId);
    return entries.filter(({ kind }) => kind === 'opened').flatMap(dataOf);
  }

  /** @throws not_found, also for another tenant's */
  async #factsOf(
    decisionId: DecisionId,
    tenant: string,
  ): Promise<NonNullable<ReturnType<typeof decisionFacts>>> {
    const facts = decisionFacts(await this.#parts.ledger.byDecision(decisionId));
    if (facts?.tenant === tenant) return facts;
    throw new WitanError('not_found', `there is no decision ${decisionId}`, {
      path: 'decisionId',
      expected: 'a recorded decision',
    });
  }

  /** Who made the keys of a tenant; what the store does not tell leaves the graph without owners. */
  async #keyOwners(tenant: string): Promise<Map<string, KeyOwner>> {
    const records = await this.#parts.identities.keys().catch(() => []);
    const own = records.filter((record) => record.tenant === tenant);
    return new Map(own.map(({ id, label, createdBy }) => [`key:${id}`, { label, createdBy }]));
  }

  #useOf({ digest, decisionId, role, name, mediaType, index }: IndexedDatum): DatumUse {
    const { logId } = this.#parts.ledger;
    const place = { log_id: auditLogId(logId, index, sha256), index };
    return {
      digest: Digest.parse(digest),
      decision_id: decisionId,
      role,
      name,
      media_type: mediaType,
      ...place,
    };
  }
}
