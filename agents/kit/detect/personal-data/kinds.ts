/** Kinds of personal data with what their disclosure costs a person. */

/** What is known of one kind. */
export interface PersonalDataKind {
  /** How much harm disclosure does, 0 … 1. */
  readonly sensitivity: number;
  /** How surely it points at one person, 0 … 1. */
  readonly identifiability: number;
  /** What a redacted text shows in its place. */
  readonly mask: string;
}

/** Every kind that is found. */
export const PERSONAL_DATA_KINDS = {
  'private-key': { sensitivity: 1, identifiability: 1, mask: '[private key]' },
  'api-key': { sensitivity: 0.95, identifiability: 0.9, mask: '[API key]' },
  password: { sensitivity: 0.9, identifiability: 0.8, mask: '[password]' },
  'card-number': { sensitivity: 0.95, identifiability: 1, mask: '[card number]' },
  iban: { sensitivity: 0.8, identifiability: 1, mask: '[IBAN]' },
  'bank-account': { sensitivity: 0.75, identifiability: 0.9, mask: '[bank account]' },
  'national-id': { sensitivity: 0.95, identifiability: 1, mask: '[national id]' },
  'tax-id': { sensitivity: 0.85, identifiability: 1, mask: '[tax id]' },
  passport: { sensitivity: 0.9, identifiability: 1, mask: '[passport number]' },
  'driver-licence': { sensitivity: 0.8, identifiability: 1, mask: '[driving licence]' },
  'medical-record': { sensitivity: 0.9, identifiability: 0.9, mask: '[medical record number]' },
  health: { sensitivity: 0.8, identifiability: 0.3, mask: '[health data]' },
  financial: { sensitivity: 0.6, identifiability: 0.3, mask: '[financial data]' },
  'crypto-address': { sensitivity: 0.5, identifiability: 0.5, mask: '[crypto address]' },
  email: { sensitivity: 0.4, identifiability: 0.9, mask: '[e-mail]' },
  phone: { sensitivity: 0.45, identifiability: 0.9, mask: '[phone]' },
  address: { sensitivity: 0.5, identifiability: 0.8, mask: '[address]' },
  'date-of-birth': { sensitivity: 0.5, identifiability: 0.5, mask: '[date of birth]' },
  person: { sensitivity: 0.2, identifiability: 0.6, mask: '[name]' },
  age: { sensitivity: 0.15, identifiability: 0.1, mask: '[age]' },
  'ip-address': { sensitivity: 0.3, identifiability: 0.5, mask: '[IP address]' },
  'mac-address': { sensitivity: 0.3, identifiability: 0.6, mask: '[MAC address]' },
  coordinates: { sensitivity: 0.4, identifiability: 0.5, mask: '[coordinates]' },
  username: { sensitivity: 0.2, identifiability: 0.6, mask: '[user name]' },
  vehicle: { sensitivity: 0.35, identifiability: 0.7, mask: '[vehicle]' },
} as const satisfies Record<string, PersonalDataKind>;

/** Name of a kind in {@link PERSONAL_DATA_KINDS}. */
export type KindName = keyof typeof PERSONAL_DATA_KINDS;

/** One find; offsets are UTF-16 code units into the text, end exclusive. */
export interface PersonalDatum {
  readonly kind: KindName;
  readonly start: number;
  readonly end: number;
  /**
   * True when a checksum, a number plan or a fixed form confirmed it; false when only words around it did.
   */
  readonly validated: boolean;
  /** Particular form (`visa`, `us-ssn`, `de-steuer-id`). */
  readonly form: string;
}
