import {
  JobEngine,
  type JobDefinition,
  type JobEngineOptions,
  type LeasedJobsEvent,
  interval,
  MemoryStore,
} from '@leased-jobs/core';
import { ManualClock, SeededRandom } from '@leased-jobs/testing';
import { ScriptedProvider } from './scripted-provider.js';

/** Instances of one app on one clock and one store. */
export class TestCluster {
  readonly clock = new ManualClock();
  readonly store = new MemoryStore(this.clock);
  readonly members: Member[] = [];

  add(...definitions: readonly Partial<JobDefinition>[]): Member {
    return this.addWith({}, ...definitions);
  }

  addWith(options: Partial<JobEngineOptions>, ...definitions: readonly Partial<JobDefinition>[]): Member {
    const member = this.prepare(options, ...definitions);
    member.engine.start();
    return member;
  }

  /** An instance that has not been started. */
  prepare(options: Partial<JobEngineOptions>, ...definitions: readonly Partial<JobDefinition>[]): Member {
    const number = this.members.length + 1;
    const provider = new ScriptedProvider(this.clock, this.store);
    const engine = new JobEngine({
      provider,
      instance: `web-${number}`,
      ttl: 10_000,
      clock: this.clock,
      random: new SeededRandom(number),
      ...options,
    });
    const events: LeasedJobsEvent[] = [];
    engine.events.subscribe((event) => void events.push(event));
    for (const definition of definitions) {
      engine.add({ name: 'job', schedule: interval(60_000), handler: () => {}, ...definition });
    }
    const member = { engine, provider, events };
    this.members.push(member);
    return member;
  }
}

export interface Member {
  readonly engine: JobEngine;
  readonly provider: ScriptedProvider;
  readonly events: LeasedJobsEvent[];
}

export function eventsOf<T extends LeasedJobsEvent['type']>(
  { events }: Pick<Member, 'events'>,
  type: T,
): Extract<LeasedJobsEvent, { readonly type: T }>[] {
  return events.filter(
    (event): event is Extract<LeasedJobsEvent, { readonly type: T }> => event.type === type,
  );
}
