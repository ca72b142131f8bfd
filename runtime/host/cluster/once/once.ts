/**
 * What runs once in a cluster, at the same place on every node.
 *
 * The actor at that place passes messages on to where the singleton runs: below itself, or to another node.
 * So whoever asks it need not know. While it is on its way from one node to another, messages wait.
 */
import type { Claims } from '../../../../cluster/claims/claims.ts';
import type { Members } from '../../../../cluster/membership/members.ts';
import type { NodeLease } from '../../../../cluster/membership/node-lease.ts';
import type { Need } from '../../../../cluster/placement/eligibility.ts';
import { spawnSingleton } from '../../../../cluster/singletons/singleton.ts';
import { singletonClaim } from '../../../../contracts/cluster-names.ts';
import type { ChildSpec } from '../../../../supervisors/child-spec.ts';
import { forward, spawn, spawnStateless, stop } from '../../../kernel/index.ts';
import type { ActorContext, ActorRef, AnyRef, Parent } from '../../../kernel/index.ts';

/** What of its cluster a place needs. */
export interface OnceCluster {
  readonly node: string;
  /** Claims of the present run. */
  readonly claims: Claims;
  readonly remoting: { ref(node: string, path: string): ActorRef<never> };
  /** Calls `begin` for this and each later run of the node, and what it gives when that one is over. */
  eachRun(begin: (run: OnceRun) => () => void): () => void;
}

/** One run of this node. */
export interface OnceRun {
  readonly claims: Claims;
  readonly members: Members;
  readonly lease: NodeLease;
}

/** What runs once. */
export interface OnceOptions {
  /** Its child of one ownership; made anew each time, so that nothing old is kept. */
  readonly spec: ChildSpec;
  /** Nodes that may run it. */
  readonly need: Need;
}

/** How often a place looks where the singleton is while messages wait, ms. */
const LOOK_MS = 100;

/** The place itself tells itself to look; everything else is for the singleton. */
const LOOK = Symbol('look');

/** The same child, which runs on one node of the cluster. Its claim is `singleton.<id>`. */
export function onceIn(cluster: OnceCluster, { spec, need }: OnceOptions): ChildSpec {
  return { ...spec, start: (parent) => spawnPlace(parent, cluster, { spec, need }) };
}

function spawnPlace(parent: Parent, cluster: OnceCluster, { spec, need }: OnceOptions): AnyRef {
  const { id: name } = spec;
  let leave = (): void => {};
  const begin = (self: AnyRef) => (run: OnceRun) => {
    const { claims, members, lease } = run;
    // A folder for each run: the singleton of the run before may still be stopping.
    const folder = spawnStateless<never>(self, () => {}, lease.incarnation, { behaviorName: 'run-folder' });
    spawnSingleton(folder as AnyRef, { name, child: () => spec, claims, members, lease, need });
    return () => void stop(folder as AnyRef);
  };
  const behavior = (_state: undefined, message: unknown, ctx: ActorContext<unknown>): undefined => {
    if (message === LOOK) {
      ctx.unstashAll();
      return undefined;
    }
    const target = whereabouts(cluster, name, ctx);
    if (target) {
      forward(target, message as never, ctx as ActorContext<never>);
      return undefined;
    }
    ctx.stash();
    ctx.setTimer('look', LOOK_MS, LOOK);
    return undefined;
  };
  return spawn<undefined, unknown>(parent, behavior, name, {
    behaviorName: 'once-in-cluster',
    // Too many wait: this one is refused, the others wait on.
    onCrash: () => 'resume',
    initialStateFunc: (ctx) => {
      leave();
      leave = cluster.eachRun(begin(ctx.self as AnyRef));
      return undefined;
    },
    afterStop: () => leave(),
  }) as AnyRef;
}

/** Where the singleton runs; undefined: nowhere now, or it is being started here. */
function whereabouts(
  cluster: OnceCluster,
  name: string,
  ctx: ActorContext<unknown>,
): ActorRef<never> | undefined {
  const claim = cluster.claims.get(singletonClaim(name));
  if (!claim?.holder) return undefined;
  const { node, incarnation } = claim.holder;
  const path = `${ctx.path}/${incarnation}/singleton-${name}/run-${claim.generation}/${name}`;
  return node === cluster.node
    ? (ctx.system.find(path) as ActorRef<never> | undefined)
    : cluster.remoting.ref(node, path);
}
