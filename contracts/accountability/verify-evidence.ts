/** Checks a package of evidence offline: signature, every file, every proof (ACC-07). */
import { InvestigationReport } from '../messages/accountability/investigation.ts';
import { EvidencePackage } from '../messages/accountability/evidence.ts';
import type { EvidenceFile, EvidenceManifestBody } from '../messages/accountability/evidence.ts';
import { fromBase64Url, toHex, utf8 } from '../ledger/bytes.ts';
import { canonicalJson } from '../ledger/canonical-json.ts';
import { verifyAuditEntry } from '../ledger/audit/verify-audit.ts';
import { verifyDecision } from '../ledger/verify-decision.ts';
import type { DecisionVerifier } from '../ledger/verify-decision.ts';
import { Checklist, type Mismatch, type Verification } from '../ledger/verification.ts';
import { verifyProof } from '../ledger/verify-proof.ts';
import { keyIdOf } from '../ledger/signing.ts';

/** First line of the bytes that the signature of a manifest covers. */
export const EVIDENCE_DOMAIN = 'witan-evidence-manifest/1\n';

/** Bytes that the signature of a manifest covers: domain line, then the canonical body. */
export function evidenceSigningBytes(body: EvidenceManifestBody): Uint8Array {
  return utf8(EVIDENCE_DOMAIN + canonicalJson(body));
}

/**
 * Checks a package against the keys that the reader pinned; the mismatch names the file. Nothing in the
 * package is trusted. Never throws.
 *
 * @param given whatever was read
 */
export function verifyEvidence(given: unknown, verifier: DecisionVerifier): Verification {
  const list = new Checklist();
  return list.run(() => {
    list.begin('form');
    const parsed = EvidencePackage.safeParse(given);
    const issue = parsed.error?.issues[0];
    const field = issue?.path.join('.') || 'package';
    list.holds(parsed.success, {
      field,
      expected: 'the form witan-evidence/1',
      actual: issue?.message ?? '',
    });
    const { manifest, files } = parsed.data!;
    checkManifest(list, manifest, verifier);
    checkFiles(list, manifest.files, { files, verifier });
    list.begin('report');
    const report = InvestigationReport.safeParse(jsonOf(files['report.json'] ?? ''));
    const id = report.data?.investigation.id ?? 'a report in the form witan-investigation-report/1';
    list.equal('report.json', manifest.investigation, id);
    for (const { path, format } of manifest.files) {
      list.begin(`proofs in ${path}`);
      checkContent(list, { path, format, text: files[path]! }, verifier);
    }
  });
}

function checkManifest(
  list: Checklist,
  { signature, ...body }: EvidencePackage['manifest'],
  { pinned, crypto }: DecisionVerifier,
): void {
  list.begin('manifest-signature');
  const own = pinned.filter(({ logId }) => logId === body.log);
  const bytes = evidenceSigningBytes(body);
  const value = fromBase64Url(signature.value);
  const key = own.find(({ publicKey }) => crypto.verifyEd25519(publicKey, bytes, value));
  const names = own.map(({ publicKey }) => keyIdOf('checkpoint', publicKey, crypto.sha256));
  list.holds(key !== undefined, {
    field: 'manifest.json',
    expected: own.length === 0 ? `a pinned key of ${body.log}` : `a signature by ${names.join(' or ')}`,
    actual: `said to be by ${signature.key_id}, not verified`,
  });
}

function checkFiles(
  list: Checklist,
  named: readonly EvidenceFile[],
  { files, verifier }: { files: Readonly<Record<string, string>>; verifier: DecisionVerifier },
): void {
  list.begin('files');
  const paths = new Set(named.map(({ path }) => path));
  list.equal('manifest.json', String(named.length), String(paths.size));
  for (const { path, sha256, bytes } of named) {
    const text = Object.hasOwn(files, path) ? files[path] : undefined;
    list.holds(text !== undefined, {
      field: path,
      expected: 'a file of the package',
      actual: 'it is missing',
    });
    const content = utf8(text!);
    list.equal(path, `sha256 ${sha256}`, `sha256 ${toHex(verifier.crypto.sha256(content))}`);
    list.equal(path, `${bytes} bytes`, `${content.length} bytes`);
  }
  const extra = Object.keys(files).find((path) => !paths.has(path));
  list.holds(extra === undefined, {
    field: extra ?? '',
    expected: 'only files that the manifest names',
    actual: 'a file more',
  });
}

function checkContent(
  list: Checklist,
  { path, format, text }: { path: string; format: string; text: string },
  verifier: DecisionVerifier,
): void {
  const check = CONTENT_CHECKS[format];
  if (!check) return;
  const fault = check(jsonOf(text), verifier);
  if (!fault) return;
  list.holds(false, { field: `${path}: ${fault.field}`, expected: fault.expected, actual: fault.actual });
}

type ContentCheck = (value: unknown, verifier: DecisionVerifier) => Mismatch | null;

const CONTENT_CHECKS: Readonly<Record<string, ContentCheck>> = {
  'witan-proof/1': (value, { pinned, crypto }) => verifyProof(value, pinned, crypto).mismatch,
  'witan-decision-proof/1': (value, verifier) => verifyDecision(value, verifier).mismatch,
  'witan-audit-entry/1': (value, verifier) => verifyAuditEntry(value, verifier).mismatch,
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
