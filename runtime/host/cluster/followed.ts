/** Claims and members of whichever incarnation this node is now, for parts that outlive one. */
import type { Claim, Claims, HeldClaim } from '../../../cluster/claims/claims.ts';
import type { Member, Members } from '../../../cluster/membership/members.ts';
import { WitanError } from '../../../contracts/errors.ts';

/** The parts of an incarnation that others follow. */
export interface FollowedRun {
  readonly claims: Claims;
  readonly members: Members;
}

/** Follows the present incarnation; between two there is nothing to see and nothing to take. */
export class FollowedCluster {
  readonly claims: Claims;
  readonly members: Members;
  #run: FollowedRun | undefined;
  #stops: (() => void)[] = [];
  readonly #onClaims = new Set<(names: readonly string[]) => void>();
  readonly #onMembers = new Set<() => void>();
  readonly #onGone = new Set<(node: string, incarnation: string) => void>();

  constructor(node: string) {
    const run = (): FollowedRun | undefined => this.#run;
    this.claims = {
      get: (name): Claim | undefined => run()?.claims.get(name),
      list: (prefix) => run()?.claims.list(prefix) ?? [],
      take: (name): Promise<HeldClaim | undefined> => {
        const claims = run()?.claims;
        return (
          claims?.take(name) ??
          Promise.reject(new WitanError('unavailable', 'this node is in no cluster now'))
        );
      },
      onChange: (listener) => {
        this.#onClaims.add(listener);
        return () => void this.#onClaims.delete(listener);
      },
    };
    this.members = {
      get self() {
        return run()?.members.self ?? { node, incarnation: '' };
      },
      list: (): readonly Member[] => run()?.members.list() ?? [],
      get: (name) => run()?.members.get(name),
      isLiving: (name, incarnation) => run()?.members.isLiving(name, incarnation) ?? false,
      onChange: (listener) => {
        this.#onMembers.add(listener);
        return () => void this.#onMembers.delete(listener);
      },
      onGone: (listener) => {
        this.#onGone.add(listener);
        return () => void this.#onGone.delete(listener);
      },
    };
  }

  /** Follows another incarnation, or none. */
  follow(run: FollowedRun | undefined): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#run = run;
    if (!run) return this.#tellMembers();
    this.#stops = [
      run.claims.onChange((names) => this.#onClaims.forEach((listener) => listener(names))),
      run.members.onChange(() => this.#tellMembers()),
      run.members.onGone((node, incarnation) =>
        this.#onGone.forEach((listener) => listener(node, incarnation)),
      ),
    ];
    this.#tellMembers();
  }

  #tellMembers(): void {
    for (const listener of this.#onMembers) listener();
  }
}
