export { type Clock, MAX_DELAY, type Timer } from './time/clock.js';
export { SystemClock } from './time/system-clock.js';
export { Stopwatch } from './time/stopwatch.js';
export { type Random, systemRandom } from './time/random.js';
export {
  asError,
  ConfigurationError,
  LeasedJobsError,
  LeaseLostError,
  LeaseReleasedError,
  LeasesClosedError,
  LockHeldError,
  type LossReason,
  show,
  StaleFencingTokenError,
  StoreError,
  type StoreErrorKind,
} from './errors.js';
export {
  type AcquireRequest,
  type GrantProof,
  isRefusal,
  type JobNote,
  type LeaseGrant,
  type LeaseLimits,
  type LeaseProvider,
  type LeaseRefusal,
  type RefusalReason,
  type Release,
  type ReleaseNote,
  type RequestCounts,
  type SlotClaim,
  type Watch,
} from './lease/lease-provider.js';
export {
  type JobRecord,
  type LockRecord,
  MAX_ERROR_LENGTH,
  MAX_REPORTS,
  type RunOutcome,
  type RunReport,
} from './lease/lock-record.js';
export {
  acquireLock,
  type JobState,
  type LeaseState,
  lockRecord,
  type LockState,
  NEW_LOCK,
  pauseJob,
  releaseLock,
  renewLock,
  type StoreTime,
} from './lease/lock-rules.js';
export { assertLockName, lockNameProblem, MAX_LOCK_NAME_BYTES } from './lease/lock-name.js';
export { leaseTiming, type LeaseTiming, shortestTtl } from './lease/lease-timing.js';
export { MemoryLeaseProvider, MemoryStore } from './memory/memory-lease-provider.js';
export { type Emit, EventStream } from './events/event-stream.js';
export type { LeaseEvent } from './lease/lease-event.js';
export type { Lease } from './lease/lease.js';
export { type LeaseOptions, Leases, type Outcome, type WaitOptions } from './lease/leases.js';
export { interval, MAX_INTERVAL, type Schedule } from './jobs/schedule.js';
export {
  atStart,
  fixedDelay,
  service,
  type ServiceOptions,
  type StartupOptions,
} from './jobs/schedules-without-slots.js';
export { currentRun, type JobRun, JobStoppedError, MaxRuntimeError, ShutdownError } from './jobs/job-run.js';
export { StartupError, StartupTimeoutError } from './jobs/startup-error.js';
export type { JobDefinition, JobHandler } from './jobs/job-definition.js';
export type { JobPolicies } from './jobs/job-policies.js';
export type { RetryPolicy } from './jobs/retry.js';
export type { PauseOptions } from './jobs/pausing.js';
export type { SectionOptions } from './jobs/section-request.js';
export type { JobEvent, LeasedJobsEvent, SkipReason } from './jobs/job-event.js';
export {
  type DrainReport,
  JobEngine,
  type JobEngineOptions,
  type JobStatus,
  type RunNowAnswer,
} from './jobs/job-engine.js';
export type { RenewalPort, RenewalSettings, RenewalWorker } from './renewal/renewal-messages.js';
export { serveRenewals } from './renewal/serve-renewals.js';
export { assertTtl } from './lease/ttl.js';
export { untilAborted } from './lease/until-aborted.js';
