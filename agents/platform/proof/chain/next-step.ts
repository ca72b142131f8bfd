/** What a job needs next, as the chain stands now: asked anew each time, so that nothing is done twice. */
import type { ContentChainPort } from './content-chain.ts';
import type { CertificateJob, ContentJob, ContentStep, RegisterJob, RevocationJob } from './content-job.ts';

/** What is to be done. */
export type NextStep =
  | { readonly do: 'send'; readonly step: ContentStep; readonly certificateId?: string }
  | { readonly do: 'wait'; readonly detail: string }
  | { readonly do: 'end'; readonly result: ContentJobResult; readonly detail: string };

/** How a job ended. */
export interface ContentJobResult {
  /** `refused`: the chain says no for good; `failed`: it was tried often enough. */
  readonly state: 'registered' | 'issued' | 'revoked' | 'refused' | 'failed';
  readonly tokenId?: string;
  readonly chainCertificateId?: string;
  readonly lineage?: 'recorded' | 'skipped';
}

/** What the decision needs besides the job. */
export interface StepContext {
  readonly chain: ContentChainPort;
  /** Address of our account. */
  readonly account: string;
  /** Wall clock, s. */
  readonly nowS: number;
  /** Whether a registration of the hash is still under way here. */
  isRegistering(contentHash: string): boolean;
  /** Whether the issue of a certificate is still under way here. */
  isIssuing(certificateId: string): boolean;
}

// What the contract asks for, and one second for clocks that differ.
const COMMITMENT_AGE_S = 12;
const MARGIN_S = 1;
const FAILURES_MAX = 5;

/** Next step of a job. @throws unavailable when the chain does not answer */
export async function nextStep(job: ContentJob, context: StepContext): Promise<NextStep> {
  const next = await (job.kind === 'register'
    ? nextOfRegistration(job, context)
    : job.kind === 'certificate'
      ? nextOfCertificate(job, context)
      : nextOfRevocation(job, context));
  if (next.do === 'send' && job.failureCount >= FAILURES_MAX) {
    // A registration that stands is not taken back because its lineage is refused.
    if (next.step === 'model' || next.step === 'lineage') return registered(job, context, 'skipped');
    return { do: 'end', result: { state: 'failed' }, detail: job.detail };
  }
  return next;
}

async function nextOfRegistration(job: RegisterJob, context: StepContext): Promise<NextStep> {
  const { chain, account, nowS } = context;
  const found = await chain.find(job.contentHash);
  if (found && found.creator.toLowerCase() !== account.toLowerCase()) {
    const detail = `Content already registered, by ${found.creator}`;
    return { do: 'end', result: { state: 'refused', tokenId: found.tokenId }, detail };
  }
  if (found) return nextOfLineage(job, context);
  const committedAtS = await chain.committedAtS(job);
  if (committedAtS === 0) return { do: 'send', step: 'commit' };
  const since = Math.max(nowS - MARGIN_S, await chain.headTimeS()) - committedAtS;
  if (since >= COMMITMENT_AGE_S) return { do: 'send', step: 'reveal' };
  return { do: 'wait', detail: `committed; reveals in ${Math.ceil(COMMITMENT_AGE_S - since)} s` };
}

async function nextOfLineage(job: RegisterJob, context: StepContext): Promise<NextStep> {
  const { chain } = context;
  if (await chain.hasLineage(job.contentHash)) return registered(job, context, 'recorded');
  for (const parent of job.parents) {
    if (await chain.hasLineage(parent)) continue;
    if (context.isRegistering(parent)) return { do: 'wait', detail: `waits for its parent ${parent}` };
    // The contract takes recorded parents only, and this one will never be.
    return registered(job, context, 'skipped');
  }
  if (job.model && !(await chain.hasModel(job.model.digest))) return { do: 'send', step: 'model' };
  return { do: 'send', step: 'lineage' };
}

async function registered(
  job: ContentJob,
  { chain }: StepContext,
  lineage: 'recorded' | 'skipped',
): Promise<NextStep> {
  const found = await chain.find(job.contentHash);
  const tokenId = found?.tokenId;
  const detail = lineage === 'recorded' ? 'registered' : 'registered; a parent has no lineage on this chain';
  return { do: 'end', result: { state: 'registered', lineage, ...(tokenId && { tokenId }) }, detail };
}

async function nextOfCertificate(job: CertificateJob, context: StepContext): Promise<NextStep> {
  const { chain, nowS } = context;
  const issued = await chain.certificate(job.contentHash, job.evidenceHash);
  if (issued) {
    return { do: 'end', result: { state: 'issued', chainCertificateId: issued.id }, detail: 'issued' };
  }
  if (job.expiresAtS !== 0 && job.expiresAtS <= nowS) {
    return { do: 'end', result: { state: 'refused' }, detail: 'it expired before it reached the chain' };
  }
  if (await chain.find(job.contentHash)) return { do: 'send', step: 'certificate' };
  if (context.isRegistering(job.contentHash)) return { do: 'wait', detail: 'waits for the registration' };
  return { do: 'end', result: { state: 'refused' }, detail: 'the content is not registered on this chain' };
}

async function nextOfRevocation(job: RevocationJob, context: StepContext): Promise<NextStep> {
  if (context.isIssuing(job.certificateId)) return { do: 'wait', detail: 'waits for the certificate' };
  const issued = await context.chain.certificate(job.contentHash, job.evidenceHash);
  if (!issued) {
    return { do: 'end', result: { state: 'refused' }, detail: 'the certificate is not on this chain' };
  }
  if (!issued.isRevoked) return { do: 'send', step: 'revocation', certificateId: issued.id };
  return { do: 'end', result: { state: 'revoked', chainCertificateId: issued.id }, detail: 'revoked' };
}
