import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.js';
import { describeExit, type Instance } from '../cluster/instance.js';
import type { Forgetting } from '../history/forgettings.js';
import { hostTime } from '../host-time.js';
import type { ChaosStore } from './chaos-store.js';
import type { Disturbance, DisturbanceKind, InstanceDisturbance } from './disturbance.js';
import type { FakeClocks } from './fake-clock.js';
import { hogCores } from './hog.js';
import type { Plan } from './plan.js';

export interface NemesisOptions {
  readonly plan: Plan;
  readonly cluster: Cluster;
  readonly store: ChaosStore;
  readonly clocks: FakeClocks | null;
}

/**
 * Does to a cluster what a plan says, and remembers what the judge has to know of it.
 *
 * An instance suffers one thing at a time. Where there is nobody to suffer it, a disturbance is left out.
 */
export class Nemesis {
  readonly done: DisturbanceKind[] = [];
  readonly leftOut: DisturbanceKind[] = [];
  readonly forgettings: Forgetting[] = [];
  /** What no history shows: an instance that ended by itself, or did not end as it was told. */
  readonly problems: string[] = [];
  readonly #options: NemesisOptions;
  /** Those that have started: nobody else suffers anything. */
  readonly #started: Set<Instance>;
  readonly #suffering = new Set<Instance>();
  readonly #toldToEnd = new Set<Instance>();
  #storeIsAway = 0;
  #storeIsBusy = Promise.resolve();

  constructor(options: NemesisOptions) {
    this.#options = options;
    this.#started = new Set(options.cluster.instances);
  }

  /** Resolves when all disturbances are over. */
  async play(): Promise<void> {
    const { disturbances } = this.#options.plan;
    const ends = await Promise.allSettled(
      disturbances.map(async (disturbance) => {
        await sleep(disturbance.at);
        const struck = await this.#strike(disturbance);
        (struck ? this.done : this.leftOut).push(disturbance.kind);
      }),
    );
    for (const end of ends) if (end.status === 'rejected') this.problems.push(String(end.reason));
  }

  /** Ends all instances as a deployment would, and looks at how they end. */
  async endAll(): Promise<void> {
    for (const instance of this.#options.cluster.instances) {
      if (instance.exit && !this.#toldToEnd.has(instance)) {
        const stderr = instance.stderr().trim().slice(-LONGEST_STDERR);
        this.problems.push(`${instance.id} ended unbidden: ${describeExit(instance.exit)}. ${stderr}`);
      }
    }
    await Promise.all(this.#living().map((instance) => this.#terminate(instance)));
  }

  async #strike({ kind, duration, victim, step = 0 }: Disturbance): Promise<boolean> {
    switch (kind) {
      case 'hog':
        await hogCores(duration);
        return true;
      case 'kill':
      case 'freeze':
      case 'deploy':
      case 'block':
      case 'clock': {
        const instance = this.#victim(victim ?? 'anybody');
        if (!instance || (kind === 'clock' && !this.#options.clocks)) return false;
        this.#suffering.add(instance);
        await this.#strikeInstance(kind, instance, { duration, step });
        this.#suffering.delete(instance);
        return true;
      }
      case 'store-down':
      case 'store-frozen':
        return this.#strikeStore(kind, duration, null);
      case 'store-emptied':
      case 'flush':
        return this.#strikeStore(kind, duration, 'everything');
      case 'forget-lock':
        // A blob holds the lease and the slots alike.
        return this.#strikeStore(
          kind,
          duration,
          this.#options.plan.backend === 'redis' ? 'lease' : 'everything',
        );
      case 'break':
        break;
    }
    return this.#strikeStore(kind, duration, 'lease');
  }

  async #strikeStore(
    kind: Parameters<ChaosStore['disturb']>[0],
    duration: number,
    forgets: Forgetting['what'] | null,
  ): Promise<true> {
    const { store, plan } = this.#options;
    this.#storeIsAway += 1;
    // However long it takes to restart a store: it suffers one thing at a time, too.
    const before = this.#storeIsBusy;
    const disturb = async (): Promise<void> => {
      // If that went wrong, it has been told already.
      await before.catch(() => {});
      const from = hostTime();
      await store.disturb(kind, duration);
      if (forgets) this.forgettings.push({ from, to: hostTime(), what: forgets, notice: plan.ttl });
    };
    this.#storeIsBusy = disturb();
    await this.#storeIsBusy;
    this.#storeIsAway -= 1;
    return true;
  }

  async #strikeInstance(
    kind: InstanceDisturbance,
    instance: Instance,
    { duration, step }: { readonly duration: number; readonly step: number },
  ): Promise<void> {
    switch (kind) {
      case 'kill':
        this.#toldToEnd.add(instance);
        await instance.kill();
        await sleep(duration);
        return this.#startAnother();
      case 'freeze':
        await instance.freeze();
        await sleep(duration);
        return instance.thaw();
      case 'deploy':
        await this.#startAnother();
        return this.#terminate(instance);
      case 'block':
        instance.block();
        await sleep(this.#options.plan.blockTime);
        return;
      case 'clock':
        this.#options.clocks?.step(instance.id, step);
        await sleep(duration);
        this.#options.clocks?.step(instance.id, 0);
    }
  }

  /** An app may refuse to start while it cannot reach its store; whoever deploys it tries again. */
  async #startAnother(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const away = this.#storeIsAway > 0;
      try {
        this.#started.add(await this.#options.cluster.start());
        return;
      } catch (thrown) {
        const failed = this.#options.cluster.instances.at(-1);
        if (failed) this.#toldToEnd.add(failed);
        if (tries === MAX_STARTS || !(away || this.#storeIsAway > 0)) throw thrown;
      }
    }
  }

  async #terminate(instance: Instance): Promise<void> {
    this.#toldToEnd.add(instance);
    try {
      const exit = await instance.terminate();
      if (exit.signal === 'SIGTERM' || exit.code === 0) return;
      const stderr = instance.stderr().trim().slice(-LONGEST_STDERR);
      this.problems.push(`${instance.id} was told to stop: ${describeExit(exit)}. ${stderr}`);
    } catch (thrown) {
      this.problems.push(String(thrown));
    }
  }

  #victim(aim: 'holder' | 'anybody'): Instance | undefined {
    const able = this.#living().filter((instance) => !this.#suffering.has(instance));
    if (aim === 'anybody') return able[Math.floor(able.length / 2)];
    const last = this.#options.cluster.history().findLast(({ kind }) => kind === 'run-started');
    return able.find(({ id }) => id === last?.instance) ?? able[0];
  }

  #living(): readonly Instance[] {
    return [...this.#started].filter((instance) => !instance.exit && !this.#toldToEnd.has(instance));
  }
}

/** Characters. */
const LONGEST_STDERR = 1_000;
const MAX_STARTS = 10;
