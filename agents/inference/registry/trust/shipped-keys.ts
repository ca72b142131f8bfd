/** Public keys of the maintainers who sign what this package ships. */

/**
 * Raw Ed25519 keys, 64 hex digits each. Private halves are no part of the project; `witan models sign
 * --new-key` makes one and prints what belongs here. An old key stays as long as something signed by it is
 * shipped.
 */
export const SHIPPED_MODEL_KEYS: readonly string[] = [
  '3de0af577da0f3b71c2ac7db1d380d87002dd10a24bd199e453e606eb5eeba0a',
];
