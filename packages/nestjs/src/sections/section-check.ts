import {
  asError,
  ConfigurationError,
  type JobEngine,
  type JobStatus,
  leaseTiming,
  type LeaseProvider,
  lockNameProblem,
} from '@leased-jobs/core';
import type { ModulesContainer } from '@nestjs/core';
import { constructorOf } from '../discovery/declared-methods.js';
import { providedClasses } from '../discovery/job-hosts.js';
import { hasSections, ownSections, type SectionDeclaration } from './section-declaration.js';
import { giveSections } from './section-host.js';
import { type SectionPolicy, sectionPolicy } from './section-policy.js';
import type { Sections } from './sections.js';

/** What the check of an app's exclusive methods works with. */
export interface CheckedApp {
  readonly modules: ModulesContainer;
  readonly sections: Sections;
  readonly provider: LeaseProvider;
  /** Put before each lock: its length counts. */
  readonly namespace: string | undefined;
  readonly engine: Pick<JobEngine, 'jobs'>;
  /** Is added to. */
  readonly problems: string[];
}

/**
 * Looks at the exclusive methods of everything in an app's modules, and gives its sections to the instances that Nest did
 * not make.
 *
 * @returns the methods whose lock has no name of its own.
 */
export function checkSections(app: CheckedApp): readonly string[] {
  const unnamed = new Map<string, object>();
  const checked = new Set<object>();
  let jobOfPermit: ReadonlyMap<string, string> | undefined;
  for (const { prototype, value } of providedClasses(app.modules)) {
    if (!hasSections(prototype) && !hasSections(constructorOf(prototype))) continue;
    if (value) giveSections(value, app.sections);
    if (checked.has(prototype)) continue;
    checked.add(prototype);
    jobOfPermit ??= jobsByPermit(app.engine.jobs());
    for (const declaration of declarationsOf(prototype)) {
      const policy = check(declaration, prototype, app, jobOfPermit);
      if (policy?.lock !== null) continue;
      const other = unnamed.get(policy.name);
      if (other && other !== prototype) app.problems.push(twice(policy.name));
      unnamed.set(policy.name, prototype);
    }
  }
  return [...unnamed.keys()];
}

function* declarationsOf(prototype: object): Generator<SectionDeclaration> {
  for (let current: object | null = prototype; current && current !== Object.prototype;) {
    yield* ownSections(current) ?? [];
    yield* ownSections(constructorOf(current)) ?? [];
    current = Object.getPrototypeOf(current) as object | null;
  }
}

function check(
  declaration: SectionDeclaration,
  prototype: object,
  { provider, namespace, problems }: CheckedApp,
  jobOfPermit: ReadonlyMap<string, string>,
): SectionPolicy | null {
  try {
    const policy = sectionPolicy(declaration, constructorOf(prototype));
    const { name, lock, ttl } = policy;
    const problem = typeof lock === 'function' ? null : lockNameProblem(qualified(lock ?? name, namespace));
    if (problem !== null) throw new ConfigurationError(`@Exclusive of ${name}: ${problem}`);
    if (typeof lock !== 'function') refusePermit(lock ?? name, name, jobOfPermit);
    if (ttl !== undefined) checkTtl(ttl, name, provider);
    return policy;
  } catch (thrown) {
    if (!(thrown instanceof ConfigurationError)) throw thrown;
    problems.push(thrown.message);
    return null;
  }
}

/** Those of which several instances may run one at once. */
function jobsByPermit(jobs: Iterable<JobStatus>): ReadonlyMap<string, string> {
  const jobOfPermit = new Map<string, string>();
  for (const { name, locks } of jobs) {
    if (locks.length > 1) for (const lock of locks) jobOfPermit.set(lock, name);
  }
  return jobOfPermit;
}

/** Who may hold one of many permits is excluded by nobody who asks for one of them. */
function refusePermit(lock: string, name: string, jobOfPermit: ReadonlyMap<string, string>): void {
  const job = jobOfPermit.get(lock);
  if (job === undefined) return;
  throw new ConfigurationError(
    `@Exclusive of ${name} and the job "${job}" share the lock "${lock}", and several instances may run the job at once. ` +
      'Give them different locks, or leave concurrency out.',
  );
}

function checkTtl(ttl: number, name: string, { limits, name: backend }: LeaseProvider): void {
  try {
    leaseTiming(ttl, limits, backend);
  } catch (thrown) {
    throw new ConfigurationError(`@Exclusive of ${name}: ${asError(thrown).message}`, { cause: thrown });
  }
}

function qualified(lock: string, namespace: string | undefined): string {
  return namespace === undefined ? lock : `${namespace}/${lock}`;
}

function twice(name: string): string {
  return `Two exclusive methods are called ${name}, and would exclude each other. Name the lock of one of them, or of both.`;
}
