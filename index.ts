/** Public API of Witan: embed a node, submit decisions, check records. */
export { ERROR_CODES, toWitanError, WitanError } from './contracts/errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from './contracts/errors.ts';
export type { Ballot, BallotBody } from './contracts/messages/ballot.ts';
export type { DecisionProof, PinnedKey } from './contracts/messages/decision-proof.ts';
export type {
  AgentActivity,
  AgentView,
  DecisionSummary,
  DecisionView,
  HealthView,
  Page,
} from './contracts/messages/decision-view.ts';
export { DecisionRequest } from './contracts/messages/decision.ts';
export type { DecisionEvent } from './contracts/messages/events.ts';
export type { Evidence, Span } from './contracts/messages/evidence.ts';
export { DecisionId } from './contracts/messages/ids.ts';
export type { RecordProof } from './contracts/messages/proof.ts';
export type { Tally, Verdict, VerdictBody } from './contracts/messages/verdict.ts';
export { parseDecisionRequest } from './contracts/parse-message.ts';
export { describeSettings } from './config/describe-settings.ts';
export { loadSettings, printSettings } from './config/loader.ts';
export type { EffectiveSetting } from './config/loader.ts';
export type { Settings, SettingsInput } from './config/schema.ts';
export type { DecisionSubscriber } from './runtime/kernel/ports/decision/decision-events.ts';
export type {
  Credentials,
  DecisionTypeLimit,
  IdentityPort,
  Principal,
} from './runtime/kernel/ports/identity.ts';
export type { GateCall, GatePass, GatePort, RateStatus } from './runtime/kernel/ports/admission/gate.ts';
export { OPERATIONS, SCOPES } from './contracts/operations.ts';
export type { OperationInfo, OperationName, Scope } from './contracts/operations.ts';
export type { ApiKeyRequest, ApiKeyView, MadeApiKey } from './contracts/messages/identity/keys.ts';
export type { LogLevel, TelemetryPort, TelemetrySpan } from './runtime/kernel/ports/telemetry.ts';
export type { ActorInfo, DeadLetter, TreeEvent } from './runtime/kernel/inspection-info.ts';
export { createHost } from './runtime/host/create-host.ts';
export type {
  AcceptedDecision,
  CallOptions,
  Host,
  HostConfig,
  HostInspection,
  HostStatus,
} from './runtime/host/host.ts';
export { verifyDecisionProof } from './runtime/host/record/verify-offline.ts';
export { verifyAuditFile } from './runtime/host/record/verify-audit-file.ts';
export type { AuditFileVerification } from './runtime/host/record/verify-audit-file.ts';
export { verifyEvidenceBundle } from './runtime/host/record/verify-bundle.ts';
export type { EvidenceTrust } from './runtime/host/record/verify-bundle.ts';
export type { BundleStep, BundleVerification } from './contracts/bundle/verify-bundle.ts';
export type { DecisionVerification } from './runtime/host/record/verify-decision.ts';
export { createLogTelemetry } from './runtime/host/log-telemetry.ts';
export { examineInstallation } from './runtime/host/examine.ts';
export type { Finding } from './runtime/host/examine.ts';
export { readProofFromFolder, verifyLogFolder } from './runtime/host/record/read-log-folder.ts';
export { checkLogFolder } from './runtime/host/log-tools/check-log-folder.ts';
export type { LogCheck, LogCheckOptions } from './runtime/host/log-tools/check-log-folder.ts';
export type { LogDamage } from './runtime/host/log-tools/log-damage.ts';
export { hammerLog } from './runtime/host/log-tools/hammer-log.ts';
export type { HammerPlace } from './runtime/host/log-tools/hammer-log.ts';
export type { HammerOptions, HammerReport } from './runtime/host/log-tools/hammer.ts';
export { readTlogProofFromFolder } from './runtime/host/log-tools/read-tlog-proof.ts';
export { verifyTlogProofText } from './runtime/host/log-tools/verify-tlog-file.ts';
export type { TlogTrust } from './runtime/host/log-tools/verify-tlog-file.ts';
export { changeArchiveKey } from './runtime/host/archive/rotate-key.ts';
export type { RotatedArchiveKey } from './runtime/host/archive/rotate-key.ts';
export {
  changeModels,
  listModels,
  placeSignedModel,
  readModelCard,
  signModels,
  verifyModels,
} from './runtime/host/models/model-tools.ts';
export type { ModelCheck, ModelsPlace, SignedModel } from './runtime/host/models/model-tools.ts';
export { modelSigner, newModelKey } from './agents/inference/registry/trust/sign-model.ts';
export type { ModelSigner } from './agents/inference/registry/trust/sign-model.ts';
export { changeKeyPassphrase } from './runtime/host/record/change-key-passphrase.ts';
export { readKeyHistory } from './runtime/store/keys/key-history.ts';
export type { KeyHistoryRow } from './runtime/store/keys/key-history.ts';
export { openCrypto } from './runtime/store/crypto/open-crypto.ts';
export type { CryptoOptions } from './runtime/store/crypto/open-crypto.ts';
export type { CryptoProvider, SchemeReport } from './runtime/kernel/ports/crypto/crypto-provider.ts';
export { meanOutcome } from './runtime/host/record/replay-outcome.ts';
export { lifecycleDocument } from './config/archive/lifecycle.ts';
export type { LifecycleRule } from './config/archive/lifecycle.ts';
export { S3_TIERS } from './config/archive/tiers.ts';
export type { Tier, TierClass } from './config/archive/tiers.ts';
export type { TierCost } from './config/archive/cost.ts';
export { archiveCostAt, restoreArchive, verifyArchiveAt } from './runtime/host/archive/archive-tools.ts';
export type { VerifyArchiveAtOptions } from './runtime/host/archive/archive-tools.ts';
export type { PlaceOptions } from './runtime/host/archive/archive-place.ts';
export type { ArchiveVerification } from './runtime/store/archive/verify-archive.ts';
export type { ArchiveDamage } from './runtime/store/archive/archive-reader.ts';
export { createBackup, listBackups, restoreBackupAt } from './runtime/host/archive/backup-tools.ts';
export type { BackupPointInfo } from './runtime/host/archive/backup-tools.ts';
export type { BackupReport } from './runtime/store/backup/backup-writer.ts';
export type { RestoreReport } from './runtime/store/backup/restore-backup.ts';
export { clusterNatsConfig } from './transport/nats/security/make-cluster-config.ts';
export type { ClusterNatsConfig } from './transport/nats/security/make-cluster-config.ts';
export { rebuildIndex } from './runtime/host/archive/rebuild-index.ts';
export { DETECTOR_IDS } from './agents/inference/detectors/detector.ts';
export type { DetectorAnswer, DetectorId, DetectorInput } from './agents/inference/detectors/detector.ts';
export { loadDetector } from './agents/inference/detectors/load-detector.ts';
export type { LoadedDetector } from './agents/inference/detectors/load-detector.ts';
