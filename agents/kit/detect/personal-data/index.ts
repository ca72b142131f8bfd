/** Personal data: kinds, finding, redaction. */
export { findPersonalData, redact } from './find.ts';
export { PERSONAL_DATA_KINDS } from './kinds.ts';
export type { KindName, PersonalDataKind, PersonalDatum } from './kinds.ts';
