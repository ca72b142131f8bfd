/** The key-value store of the cluster with its writes counted. */
import type { KvPort } from '../../../kernel/ports/kv.ts';

/** The same store; `onWrite` is called for each write that is asked for. */
export function countedKv(kv: KvPort, onWrite: () => void): KvPort {
  const counted = <A extends unknown[], R>(write: (...args: A) => R): ((...args: A) => R) => {
    return (...args) => {
      onWrite();
      return write(...args);
    };
  };
  return {
    get: (key) => kv.get(key),
    keys: (prefix) => kv.keys(prefix),
    watch: (prefix, signal) => kv.watch(prefix, signal),
    close: () => kv.close(),
    create: counted((key, value) => kv.create(key, value)),
    update: counted((key, value, revision) => kv.update(key, value, revision)),
    put: counted((key, value) => kv.put(key, value)),
    delete: counted((key, revision) => kv.delete(key, revision)),
  };
}
