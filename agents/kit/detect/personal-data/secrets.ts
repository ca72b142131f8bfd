/** Credentials: keys by their issuer's form, private keys, passwords after their name. */
import type { KindName, PersonalDatum } from './kinds.ts';

/** Forms of credentials. @source the issuers' published key prefixes */
export const SECRET_FORMS: readonly (readonly [kind: KindName, form: string, shape: RegExp])[] = [
  [
    'private-key',
    'pem',
    /-----BEGIN (?:[A-Z]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=\s:,-]{0,4000}?-----END (?:[A-Z]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----)?/g,
  ],
  ['api-key', 'aws-access-key', /(?<![A-Z0-9])(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}(?![A-Z0-9])/g],
  ['api-key', 'github', /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b/g],
  ['api-key', 'gitlab', /\bglpat-[A-Za-z0-9_-]{20,64}/g],
  ['api-key', 'slack', /\bxox[abeoprs]-[A-Za-z0-9-]{10,250}/g],
  ['api-key', 'slack-webhook', /https:\/\/hooks\.slack\.com\/services\/[A-Za-z0-9/]{20,100}/g],
  ['api-key', 'stripe', /\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,250}\b/g],
  ['api-key', 'openai-like', /\bsk-(?:[a-z]{2,8}-)?[A-Za-z0-9_-]{20,200}/g],
  ['api-key', 'google', /\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/g],
  ['api-key', 'npm', /\bnpm_[A-Za-z0-9]{36}\b/g],
  ['api-key', 'hugging-face', /\bhf_[A-Za-z0-9]{30,40}\b/g],
  ['api-key', 'sendgrid', /\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}/g],
  ['api-key', 'twilio', /\b(?:AC|SK)[0-9a-f]{32}\b/g],
  ['api-key', 'jwt', /\beyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,1000}/g],
  [
    'api-key',
    'labelled-key',
    /\b(?:api|secret|access|auth|client|private|encryption|bearer|aws)[_ -]?(?:secret[_ -]?)?(?:access[_ -]?)?(?:key|token|secret)(?:\s{0,3}(?:is|[:=])\s{0,3})["'`]?(?<secret>[A-Za-z0-9+/_.=-]{16,200})/gi,
  ],
  [
    'api-key',
    'bearer',
    /\bauthorization:\s{0,2}(?:bearer|basic)\s{1,3}(?<secret>[A-Za-z0-9+/_.=~-]{16,2000})/gi,
  ],
  [
    'password',
    'url-credentials',
    /\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s:@/]{1,80}:(?<secret>[^\s@/]{3,100})@[A-Za-z0-9.-]{1,100}/gi,
  ],
  [
    'password',
    'labelled-password',
    /\b(?:password|passwd|passphrase|passcode|pwd|pin(?: code| number)?|cvv|cvc|security code)\b(?: for [\w .-]{1,30}?)?(?:\s{0,2}(?::|=)\s{0,3}|\s(?:is|was)(?: set to)?:?\s)["'`]?(?<secret>[^\s"'`,;<>]{3,80})/gi,
  ],
];

const MENTION =
  /^(?:is|are|was|the|a|an|my|your|his|her|not|to|on|in|for|of|and|or|required|correct|incorrect|wrong|invalid|valid|strong|weak|secure|expired|expiring|stored|protected|hashed|encrypted|changed|reset|lost|forgotten|missing|empty|null|none|undefined|true|false|string|str|input|getpass|os|process|env|config|request|self|this|that|it|too|being|used|needed|longer|at|compromised|working|entered|blocked|safe|hidden|hunted)\b/i;
const PLACEHOLDER =
  /^(?:[*•.xX]+|<.*|\$\{?.*|\{.*|\[.*|%.*|your[_-]?.*|.*(?:example|placeholder|changeme|redacted).*|\w+\(.*|\w+\.\w+\(?.*)$/i;

/** Credentials of a text; a password counts only with a value that looks like one. */
export function findSecrets(text: string, into: PersonalDatum[]): void {
  for (const [kind, form, shape] of SECRET_FORMS) {
    for (const match of text.matchAll(shape)) {
      const secret = match.groups?.['secret'];
      if (secret !== undefined && !isSecret(secret, form)) continue;
      const value = secret?.replace(/[.!?)\]]+$/, '') ?? match[0];
      const start =
        match.index +
        (secret === undefined
          ? 0
          : match[0].indexOf(secret, match[0].length > 400 ? 0 : prefixOf(match[0], secret)));
      into.push({ kind, start, end: start + value.length, validated: secret === undefined, form });
    }
  }
}

function prefixOf(whole: string, secret: string): number {
  return Math.max(0, whole.lastIndexOf(secret));
}

function isSecret(value: string, form: string): boolean {
  if (PLACEHOLDER.test(value)) return false;
  if (form !== 'labelled-password') return /\d/.test(value) || form === 'url-credentials';
  return !MENTION.test(value) && (/\d/.test(value) || /[^A-Za-z0-9.!?)]/.test(value.slice(0, -1)));
}
