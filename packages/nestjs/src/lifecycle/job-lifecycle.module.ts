import { Inject, Logger, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { SETUP, type Setup } from '../configuration/setup.js';
import { LeasedJobs } from '../leased-jobs.js';
import { LOG_CONTEXT } from '../logging/event-log.js';
import { RegistryMirror } from '../registry/registry-mirror.js';
import { StartupCoordinator } from '../startup/startup-coordinator.js';
import { ShutdownHooksCheck } from './shutdown-hooks-check.js';

/**
 * Starts the jobs after every other module has started, and drains them before any other module stops.
 *
 * Nest calls the hooks of modules in the order of their distance from the root, and global modules first and stopped
 * last. That is the wrong way round for whoever uses what the others provide: a run would find its connection pool
 * closed. So this module, which is not global, puts itself at the far end.
 */
@Module({})
export class JobLifecycleModule implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(LOG_CONTEXT);
  readonly #setup: Setup;
  readonly #startup: StartupCoordinator;
  readonly #jobs: LeasedJobs;
  readonly #mirror: RegistryMirror;
  readonly #hooksCheck = new ShutdownHooksCheck(this.#logger);
  #destroyed = false;

  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(SETUP) setup: Setup,
    @Inject(StartupCoordinator) startup: StartupCoordinator,
    @Inject(LeasedJobs) jobs: LeasedJobs,
    @Inject(RegistryMirror) mirror: RegistryMirror,
  ) {
    this.#setup = setup;
    this.#startup = startup;
    this.#jobs = jobs;
    this.#mirror = mirror;
    for (const module of modules.values()) {
      if (module.metatype === JobLifecycleModule) module.distance = STARTS_LAST_STOPS_FIRST;
    }
  }

  onApplicationBootstrap(): void {
    // An app that is closed while it starts gets here after it was destroyed.
    if (this.#destroyed) return;
    const { engine, provider, settings } = this.#setup;
    const { namespace } = settings;
    this.#logger.log(
      `Backend ${provider.name}, namespace ${namespace}, instance ${engine.instance}` +
        (settings.enabled ? '' : '. Jobs are switched off on this instance'),
    );
    engine.start();
    this.#mirror.open();
    this.#hooksCheck.begin();
  }

  /** Never throws: on Nest 11 that would end the shutdown of everybody else. Harmless if it is called again. */
  async onModuleDestroy(): Promise<void> {
    this.#destroyed = true;
    this.#hooksCheck.end();
    this.#mirror.close();
    try {
      const drained = this.#setup.engine.close();
      // After the engine has begun to stop, so that it does not take the end of its jobs' waits for a failure.
      this.#startup.close();
      await drained;
    } catch (thrown) {
      this.#logger.error('The jobs could not be drained', thrown);
    }
    this.#jobs.close();
  }
}

/** The root module is at 1, and what it imports further away. */
const STARTS_LAST_STOPS_FIRST = -1;
