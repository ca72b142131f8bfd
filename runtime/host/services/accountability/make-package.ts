/** Makes a package of evidence: report, entries, proofs, key, and a signed manifest over all (ACC-07). */
import { responsibilityMermaid } from '../../../../contracts/accountability/render-graph.ts';
import { reportMarkdown } from '../../../../contracts/accountability/render-report.ts';
import { evidenceSigningBytes } from '../../../../contracts/accountability/verify-evidence.ts';
import { toBase64Url, toHex, utf8 } from '../../../../contracts/ledger/bytes.ts';
import { EVIDENCE_FORMAT } from '../../../../contracts/messages/accountability/evidence.ts';
import type {
  EvidenceManifestBody,
  EvidencePackage,
} from '../../../../contracts/messages/accountability/evidence.ts';
import type { ResponsibilityGraph } from '../../../../contracts/messages/accountability/graph.ts';
import type { InvestigationReport } from '../../../../contracts/messages/accountability/investigation.ts';
import type { AuditEntry } from '../../../../contracts/messages/audit/entry.ts';
import type { DecisionProof, PinnedKey } from '../../../../contracts/messages/decision-proof.ts';
import type { RecordProof } from '../../../../contracts/messages/proof.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';

/** What goes into a package. */
export interface PackageParts {
  readonly report: InvestigationReport;
  readonly graphs: readonly ResponsibilityGraph[];
  /** Of the decisions that have ended. */
  readonly decisions: readonly { readonly id: string; readonly proof: DecisionProof }[];
  /** Every entry of the timeline: its form and the proof of its record. */
  readonly entries: readonly { readonly entry: AuditEntry; readonly proof: RecordProof }[];
  readonly pinnedKey: PinnedKey;
  readonly madeAt: string;
  readonly madeBy: string;
  readonly keyId: string;
  readonly sign: (bytes: Uint8Array) => Uint8Array;
}

const README = `Evidence of one investigation, taken from a Witan log.

Check it:  witan audit verify .  --key VERIFY-KEY
VERIFY-KEY is the public key of the log, got over another channel than this package: the copy in
verify-key.json is for reading, and proves nothing.

report.md, report.json   what was found, made from the entries alone
entries/                 each entry of the timeline in the common form, signed
records/                 the record behind each entry with its proof of inclusion
decisions/               proof of each decision: witan verify FILE
graphs/                  who is responsible, as JSON and as Mermaid text
manifest.json            every file with its SHA-256, signed
`;

/** Makes the package; the same parts give the same bytes. */
export function makePackage(parts: PackageParts): EvidencePackage {
  const { report, graphs, decisions, entries, pinnedKey } = parts;
  const files: { path: string; format: string; text: string }[] = [
    { path: 'readme.txt', format: 'text', text: README },
    { path: 'report.json', format: report.format, text: jsonText(report) },
    { path: 'report.md', format: 'markdown', text: reportMarkdown(report) },
    { path: 'verify-key.json', format: pinnedKey.format, text: jsonText(pinnedKey) },
  ];
  for (const graph of graphs) {
    files.push({ path: `graphs/${graph.decision_id}.json`, format: graph.format, text: jsonText(graph) });
    files.push({
      path: `graphs/${graph.decision_id}.mmd`,
      format: 'mermaid',
      text: responsibilityMermaid(graph),
    });
  }
  for (const { id, proof } of decisions) {
    files.push({ path: `decisions/${id}.json`, format: proof.format, text: jsonText(proof) });
  }
  for (const { entry, proof } of entries) {
    const name = String(proof.index).padStart(12, '0');
    files.push({ path: `entries/${name}.json`, format: entry.format, text: jsonText(entry) });
    files.push({ path: `records/${name}.json`, format: proof.format, text: jsonText(proof) });
  }
  files.sort((one, other) => (one.path < other.path ? -1 : 1));
  const body = manifestOf(files, parts);
  const value = toBase64Url(parts.sign(evidenceSigningBytes(body)));
  return {
    format: EVIDENCE_FORMAT,
    manifest: { ...body, signature: { algorithm: 'ed25519', key_id: parts.keyId, value } },
    files: Object.fromEntries(files.map(({ path, text }) => [path, text])),
  };
}

function manifestOf(
  files: readonly { path: string; format: string; text: string }[],
  { report, madeAt, madeBy }: PackageParts,
): EvidenceManifestBody {
  return {
    format: 'witan-evidence-manifest/1',
    investigation: report.investigation.id,
    log: report.log.id,
    size: report.log.size,
    made_at: madeAt,
    made_by: madeBy,
    files: files.map(({ path, format, text }) => {
      const bytes = utf8(text);
      return { path, format, bytes: bytes.length, sha256: toHex(sha256(bytes)) };
    }),
  };
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
