/** Which sentence encoder the code stands for: it is made on each machine, where nobody could sign it. */

/** Name of the model that `tools/models/encoder` makes. */
export const ENCODER_ID = 'encoder/use-lite';
/** Goes up with each change of graph, vocabulary or manifest. */
export const ENCODER_VERSION = '1.0.0';

/**
 * Digest of its manifest's body by `id@version`, in the form that the registry's trust takes (`pinned`).
 *
 * The body holds the hashes of the files, so another graph or vocabulary is another digest.
 */
export const ENCODER_PIN: Readonly<Record<string, string>> = {
  [`${ENCODER_ID}@${ENCODER_VERSION}`]:
    'sha256:69f953a0a8ae08e9b79f69bfac823f67a1327c930641ea69999532e681ca0e79',
};
