import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { JobDefinition, Schedule } from '@leased-jobs/core';
import { JobSettings } from '../configuration/job-settings.js';
import { configurationError } from '../configuration/settings.js';
import { SETUP, type Setup } from '../configuration/setup.js';
import { JobCollector } from '../discovery/job-collector.js';
import { jobHosts } from '../discovery/job-hosts.js';
import { meanPeriod } from '../schedules/mean-period.js';
import { dailyRequestsLine, serviceRequestsLine } from '../logging/daily-requests.js';
import type { LogLine } from '../logging/event-line.js';
import { checkSections } from '../sections/section-check.js';
import { SECTIONS, type Sections } from '../sections/sections.js';
import { RegistryMirror } from '../registry/registry-mirror.js';
import { EventLog, LOG_CONTEXT } from '../logging/event-log.js';
import { StartupCoordinator } from '../startup/startup-coordinator.js';
import { stoppedBySignals } from './signals-during-start.js';

/**
 * Collects the jobs of the app, once all its instances have been made and before any other module has begun to start:
 * the init hooks of global modules are the first to be called. If anything is wrong, all of it is told in one error.
 */
@Injectable()
export class JobCollection implements OnModuleInit, OnApplicationBootstrap {
  readonly #logger = new Logger(LOG_CONTEXT);
  readonly #modules: ModulesContainer;
  readonly #setup: Setup;
  readonly #sections: Sections;
  readonly #startup: StartupCoordinator;
  readonly #mirror: RegistryMirror;

  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(SETUP) setup: Setup,
    @Inject(SECTIONS) sections: Sections,
    @Inject(StartupCoordinator) startup: StartupCoordinator,
    @Inject(RegistryMirror) mirror: RegistryMirror,
  ) {
    this.#modules = modules;
    this.#setup = setup;
    this.#sections = sections;
    this.#startup = startup;
    this.#mirror = mirror;
    for (const module of modules.values()) {
      if (module.providers.has(JobCollection)) module.distance = STARTS_FIRST;
    }
  }

  async onModuleInit(): Promise<void> {
    const { engine, provider, settings, problems } = this.#setup;
    const jobSettings = new JobSettings(settings.env, provider, problems);
    const collector = new JobCollector({
      add: (definition) => this.#add(definition),
      settings: jobSettings,
      problems,
      enabled: settings.enabled,
      waitFor: (components, signal) => this.#startup.waitFor(components, signal),
    });
    this.#refuseSecondImport();
    await collector.collect(jobHosts(this.#modules));
    const unnamedSections = checkSections({
      modules: this.#modules,
      sections: this.#sections,
      provider,
      namespace: settings.namespace,
      engine,
      problems,
    });
    if (problems.length > 0) {
      await this.#giveUp();
      // An instance that is known under two tokens is found, and refused, twice.
      throw configurationError([...new Set(problems)]);
    }
    // Nobody ends this subscription: a run that outlives the drain has something to tell, too.
    const log = new EventLog(this.#logger, provider.name);
    engine.events.subscribe((event) => log.write(event));
    this.#warn(collector, jobSettings);
    this.#warnOfUnnamedSections(unnamedSections);
    this.#tellRequests(collector);
  }

  /** What has to be done at the start is done before any other module goes on. If it is not, this instance keeps nothing open. */
  async onApplicationBootstrap(): Promise<void> {
    try {
      await stoppedBySignals(
        () => this.#setup.engine.startUp(),
        () => this.#giveUp(),
      );
    } catch (thrown) {
      await this.#giveUp();
      throw thrown;
    }
  }

  async #giveUp(): Promise<void> {
    const drained = this.#setup.engine.close();
    this.#startup.close();
    await drained;
  }

  #add(definition: JobDefinition): void {
    this.#setup.engine.add(definition);
    this.#mirror.add(definition);
  }

  /** Each import would have an engine of its own, which runs all jobs. */
  #refuseSecondImport(): void {
    const own = [...this.#modules.values()].filter((module) => module.providers.has(JobCollection));
    if (own.length < 2) return;
    this.#setup.problems.push(
      'LeasedJobsModule is imported twice. Import it in one module, such as the root module: it is global.',
    );
  }

  #warn({ unnamedLocks, firstUnnamedLock }: JobCollector, jobSettings: JobSettings): void {
    const { provider, settings } = this.#setup;
    const { excludes } = provider.limits;
    if (settings.production && excludes !== 'cluster') {
      this.#logger.warn(
        `The ${provider.name} backend excludes nobody outside of this ${excludes}. ` +
          'If other instances of this app run elsewhere, choose a store that all of them share.',
      );
    }
    if (settings.production && settings.isNamespaceGuessed) {
      this.#logger.warn(
        `The namespace is "${settings.namespace}", from package.json and NODE_ENV. Another app of this package, or another ` +
          'environment with this NODE_ENV, would share all locks if it shares the store. Set LEASED_JOBS_NAMESPACE.',
      );
    }
    if (unnamedLocks > 0) {
      const others = unnamedLocks === 1 ? '' : ` and ${unnamedLocks - 1} more`;
      this.#logger.warn(
        `${firstUnnamedLock}${others}: the lock has the name of its class and method, and changes when they are ` +
          'renamed. While old and new instances run side by side, both would run the job. Name the lock to avoid that.',
      );
    }
    const unknown = jobSettings.unknown();
    if (unknown.length > 0) {
      this.#logger.warn(`Nothing reads ${unknown.join(', ')}. Look for a typo.`);
    }
  }

  #warnOfUnnamedSections([first, ...others]: readonly string[]): void {
    if (first === undefined) return;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    this.#logger.warn(
      `${first}${more}: the lock of the exclusive method has the name of its class and method, and changes when they are ` +
        'renamed. While old and new instances run side by side, both would be in it. Name the lock to avoid that.',
    );
  }

  /** What a job costs is told before the bill comes. */
  #tellRequests({ running }: JobCollector): void {
    const { provider } = this.#setup;
    const lines = new Map<Schedule, LogLine>();
    const now = Date.now();
    for (const [name, schedule] of running) {
      if (schedule.startup) continue;
      let line = lines.get(schedule);
      if (!line) {
        line = schedule.service
          ? serviceRequestsLine(provider)
          : dailyRequestsLine(schedule.delay ?? meanPeriod(schedule, now), provider);
        lines.set(schedule, line);
      }
      this.#logger[line.level](`${name} ${line.text}`);
    }
  }
}

/** Nest puts global modules at the largest number there is, and those who are equal in the order of their imports. */
const STARTS_FIRST = Infinity;
