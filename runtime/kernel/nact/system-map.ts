/** Running nact systems by name: nact's references name their system and are looked up here. */

interface Findable {
  readonly name: string;
  find?: (reference: never) => unknown;
}

interface Named {
  readonly system: { readonly name: string | undefined };
}

const systems = new Map<string, Findable>();

/** Enters a system; one of the same name is replaced. */
export function add(system: Findable): void {
  systems.set(system.name, system);
}

/** The system of that name, or what `reference` names in it; undefined when there is none. */
export function find(systemName: string | undefined, reference?: unknown): unknown {
  const system = systemName === undefined ? undefined : systems.get(systemName);
  return system && reference ? system.find?.(reference as never) : system;
}

/** Forgets a system. */
export function remove(systemName: string): void {
  systems.delete(systemName);
}

/** Applies `f` to what `reference` names. @throws Error when that has stopped or never existed */
export function applyOrThrowIfStopped<T>(reference: Named, f: (concrete: never) => T): T {
  const concrete = find(reference.system.name, reference);
  if (concrete) return f(concrete as never);
  throw new Error('Actor has stopped or never even existed');
}
