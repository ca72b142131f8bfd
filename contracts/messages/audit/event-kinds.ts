/** Kinds of audit events and the rules of law and standards that each is evidence for: data, no code. */

/** Every category of the trail (AUD-13), in the order of the reference page. */
export const AUDIT_CATEGORIES = [
  'decision',
  'request',
  'authentication',
  'authorisation',
  'configuration',
  'policy',
  'admin',
  'security',
  'key',
  'system',
  'accountability',
  'outside',
] as const;

/** One of {@link AUDIT_CATEGORIES}; `outside`: told by somebody else's system. */
export type AuditCategory = (typeof AUDIT_CATEGORIES)[number];

/**
 * Rules that an entry of a category is evidence for (AUD-22).
 *
 * An entry is never proof of conformity: it says where an auditor of the rule will look.
 * @source Regulation (EU) 2024/1689 (AI Act), Regulation (EU) 2016/679 (GDPR), ISO/IEC 27001:2022 annex A,
 * AICPA Trust Services Criteria 2017
 */
export const COMPLIANCE_OF: Readonly<Record<AuditCategory, readonly string[]>> = {
  decision: ['eu-ai-act:12', 'eu-ai-act:26', 'gdpr:22'],
  request: ['eu-ai-act:12', 'iso27001:a.8.15'],
  authentication: ['iso27001:a.8.5', 'soc2:cc6.1'],
  authorisation: ['iso27001:a.5.15', 'soc2:cc6.3'],
  configuration: ['iso27001:a.8.9', 'soc2:cc8.1'],
  policy: ['eu-ai-act:9', 'iso27001:a.5.1'],
  admin: ['iso27001:a.8.2', 'soc2:cc6.2'],
  security: ['iso27001:a.5.25', 'soc2:cc7.2', 'gdpr:33'],
  key: ['iso27001:a.8.24', 'soc2:cc6.1'],
  system: ['eu-ai-act:15', 'soc2:cc7.1'],
  accountability: ['eu-ai-act:73', 'gdpr:5.2'],
  outside: ['eu-ai-act:12'],
};

/** Rules that a person's word on a decision is evidence for, beside those of its category. */
export const OVERSIGHT_RULES: readonly string[] = ['eu-ai-act:14', 'gdpr:22.3'];
