import type { LeaseProvider } from '../lease/lease-provider.js';
import type { LeaseEvent } from '../lease/lease-event.js';
import type { Leases } from '../lease/leases.js';
import type { Clock } from '../time/clock.js';
import type { Random } from '../time/random.js';
import type { EventStream } from '../events/event-stream.js';
import type { JobDefinition } from './job-definition.js';
import type { JobEvent } from './job-event.js';

export type LeasedJobsEvent = LeaseEvent | JobEvent;

export interface JobEngineOptions {
  readonly provider: LeaseProvider;
  /** Who this instance is, for people. Default: `host:pid:random`. */
  readonly instance?: string;
  /** Put before the name of every lock, so that apps which share a store do not exclude each other. Default: none. */
  readonly namespace?: string;
  /** Milliseconds. Default: 30 000. */
  readonly ttl?: number;
  /** How long a shutdown waits for runs. Milliseconds, default: 10 000. */
  readonly drainTimeout?: number;
  /** `false`: this instance runs no jobs. Default: `true`. */
  readonly enabled?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface JobStatus {
  readonly name: string;
  readonly lock: string;
  readonly schedule: string;
  readonly enabled: boolean;
  readonly running: boolean;
  /** The next slot, or null if this instance does not run the job. */
  readonly next: Date | null;
}

export interface DrainReport {
  readonly unfinished: readonly string[];
  readonly took: number;
}

export declare class JobEngine {
  constructor(options: JobEngineOptions);
  readonly instance: string;
  readonly leases: Leases;
  readonly events: EventStream<LeasedJobsEvent>;
  /** @throws ConfigurationError */
  add(definition: JobDefinition): void;
  remove(name: string): boolean;
  start(): void;
  drain(timeout?: number): Promise<DrainReport>;
  /** Drains, then closes the provider. Idempotent. */
  close(): Promise<DrainReport>;
  jobs(): IterableIterator<JobStatus>;
}
