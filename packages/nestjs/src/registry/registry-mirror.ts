import { Inject, Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { asError, type Clock, type JobDefinition, SystemClock } from '@leased-jobs/core';
import { SETUP, type Setup } from '../configuration/setup.js';
import { LOG_CONTEXT } from '../logging/event-log.js';
import { JobView } from './job-view.js';
import {
  findSchedulerRegistry,
  type RegistryKind,
  type SchedulerRegistry,
  watchDeletions,
} from './scheduler-registry.js';

/**
 * Shows the jobs in the `SchedulerRegistry` of `@nestjs/schedule`, if the app has that. What is deleted there, this
 * instance forgets.
 *
 * Services and what is done at the start are no schedules, and are not shown.
 */
@Injectable()
export class RegistryMirror {
  readonly #logger = new Logger(LOG_CONTEXT);
  readonly #modules: ModulesContainer;
  readonly #setup: Setup;
  readonly #clock: Clock;
  /** Those that wait for the registry. `null` once it is known, or known not to be there. */
  #early: JobDefinition[] | null = [];
  #registry: SchedulerRegistry | undefined;
  readonly #shown = new Map<string, ShownJob>();
  #end: () => void = () => {};

  constructor(@Inject(ModulesContainer) modules: ModulesContainer, @Inject(SETUP) setup: Setup) {
    this.#modules = modules;
    this.#setup = setup;
    this.#clock = setup.settings.clock ?? new SystemClock();
  }

  /** Begins to show. Until then the registry belongs to those who fill it when the app starts, and refuse names that are taken. */
  open(): void {
    const definitions = this.#early ?? [];
    this.#early = null;
    const registry = (this.#registry = findSchedulerRegistry(this.#modules));
    if (!registry) return;
    for (const definition of definitions) this.#show(definition, registry);
    const unwatch = watchDeletions(registry, (kind, name) => this.#onDelete(kind, name));
    const unsubscribe = this.#setup.engine.events.subscribe((event) => {
      if (event.type === 'run-started') this.#mark(event.job, true);
      if (event.type === 'run-ended') this.#mark(event.job, false);
    });
    this.#end = () => {
      unwatch();
      unsubscribe();
    };
  }

  /** Shows a job that the engine was given. */
  add(definition: JobDefinition): void {
    if (this.#early) this.#early.push(definition);
    else if (this.#registry) this.#show(definition, this.#registry);
  }

  /** The engine has forgotten a job. */
  remove(name: string): void {
    this.#early = this.#early?.filter((definition) => definition.name !== name) ?? null;
    const shown = this.#shown.get(name);
    if (!shown) return;
    this.#shown.delete(name);
    if (!this.#isShown(shown)) return;
    if (shown.kind === 'cron') this.#registry?.deleteCronJob(name);
    else this.#registry?.deleteInterval(name);
  }

  /** From now on the registry may stop and delete what it likes. */
  close(): void {
    this.#end();
    this.#shown.clear();
    this.#early = null;
    this.#registry = undefined;
  }

  #show(definition: JobDefinition, registry: SchedulerRegistry): void {
    const { name, schedule, enabled = this.#setup.settings.enabled } = definition;
    if (schedule.service || schedule.startup) return;
    const kind = 'expression' in schedule ? 'cron' : 'interval';
    const { engine } = this.#setup;
    const view = new JobView({
      name,
      schedule,
      now: () => this.#clock.wall(),
      isActive: () => this.#shown.get(name) === shown && shown.active,
      setActive: (active) => this.#setActive(shown, active),
      run: async () => void (await engine.runNow(name)),
    });
    const shown: ShownJob = { kind, view, definition, active: enabled };
    try {
      if (registry.doesExist(kind, name)) throw new Error('it has one of that name already');
      if (kind === 'cron') registry.addCronJob(name, view);
      else registry.addInterval(name, view);
      this.#shown.set(name, shown);
    } catch (thrown) {
      this.#logger.warn(`${name} is not visible in the SchedulerRegistry: ${asError(thrown).message}`);
    }
  }

  /** Another definition in the place of the old one, for the engine knows nothing of stopping. */
  #setActive(shown: ShownJob, active: boolean): void {
    const { name } = shown.definition;
    if (this.#shown.get(name) !== shown || shown.active === active) return;
    shown.active = active;
    const { engine } = this.#setup;
    engine.remove(name);
    engine.add({ ...shown.definition, enabled: active });
  }

  #onDelete(kind: RegistryKind, name: string): void {
    const shown = this.#shown.get(name);
    if (shown?.kind !== kind || this.#isShown(shown)) return;
    this.#shown.delete(name);
    this.#setup.engine.remove(name);
  }

  #isShown({ kind, view, definition: { name } }: ShownJob): boolean {
    const registry = this.#registry;
    if (!registry?.doesExist(kind, name)) return false;
    return (kind === 'cron' ? registry.getCronJob(name) : registry.getInterval(name)) === view;
  }

  #mark(job: string, running: boolean): void {
    const view = this.#shown.get(job)?.view;
    if (!view) return;
    view.isCallbackRunning = running;
    if (running) view.lastExecution = new Date(this.#clock.wall());
  }
}

interface ShownJob {
  readonly kind: RegistryKind;
  readonly view: JobView;
  readonly definition: JobDefinition;
  active: boolean;
}
