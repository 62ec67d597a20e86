import { rollouts } from '../../api/index.ts';
import { type KubeFailure, type KubeObject, Reflector, type Resource, Store, type Versioned } from '../../kube/index.ts';
import { type Clock, silentLogger, systemRandom } from '../../lib/index.ts';
import type { Cluster } from '../cluster/index.ts';
import { sourcesOf } from './sources.ts';
import type { Objects } from './tree.ts';

/** One resource kept up to date, over whatever happens to the API server. */
interface Feed {
  readonly objects: () => readonly KubeObject[];
  readonly failing: () => KubeFailure | undefined;
  readonly synced: Promise<void>;
}

interface Question {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface Watching {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}

type Kept = Versioned & { readonly object: KubeObject };

function feed({ resource, namespace, labelSelector, fieldSelector }: Question, { cluster, clock, onChange, signal }: Watching): Feed {
  const store = new Store<Kept>();
  let failing: KubeFailure | undefined;
  const reflector = new Reflector<Kept>({
    ...{ client: cluster.client, resource, namespace, labelSelector, fieldSelector, store, clock },
    ...{ random: systemRandom, log: silentLogger, onChange, onListed: onChange },
    project: (object) => ({ uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion, object }),
    onHealth(failure) {
      failing = failure;
      onChange();
    },
  });
  void reflector.run(signal);
  return { objects: () => store.list().map(({ object }) => object), failing: () => failing, synced: reflector.synced };
}

/** All Rollouts of a namespace, or (undefined) of all. */
export function watchRollouts(namespace: string | undefined, watching: Watching): Feed {
  return feed({ resource: rollouts, namespace }, watching);
}

/** One Rollout with what hangs on it; undefined once it is gone. */
export function watchObjects(name: string, watching: Watching): { readonly synced: Promise<void>; now(): Objects | undefined } {
  const { cluster } = watching;
  const { namespace } = cluster;
  const rollout = feed({ resource: rollouts, namespace, fieldSelector: `metadata.name=${name}` }, watching);
  const others = sourcesOf(name).map((source) => ({
    ...source,
    feed: feed({ resource: source.resource, namespace, labelSelector: source.labelSelector }, watching),
  }));
  return {
    synced: rollout.synced,
    now() {
      const [own] = rollout.objects();
      if (own === undefined) return undefined;
      const objectsOf = (wanted: (typeof others)[number]['what']) =>
        others
          .filter(({ what }) => what === wanted)
          .flatMap(({ feed: { objects }, isOf }) => objects().filter((object) => isOf(object, own)));
      const troubles = [{ resource: rollouts, feed: rollout }, ...others].flatMap(({ resource, feed: { failing } }) => {
        const failure = failing();
        return failure === undefined ? [] : [cluster.explain(failure, `watch ${resource.plural}`)];
      });
      return {
        rollout: own,
        ...{ deployments: objectsOf('deployments'), pods: objectsOf('pods'), runs: objectsOf('runs'), decisions: objectsOf('decisions') },
        troubles: [...new Set(troubles)],
      };
    },
  };
}
