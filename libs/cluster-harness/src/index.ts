export { hostTime } from './host-time.js';
export { Journal, RunJournal } from './journal/journal.js';
export { JournalReader } from './journal/journal-reader.js';
export type {
  AbortReason,
  Entry,
  Exit,
  FateEntry,
  GuardedStep,
  InstanceEntry,
  RunAborted,
  RunEnded,
  RunEntry,
  RunIdentity,
  RunStarted,
  Stamp,
} from './journal/entry.js';
export { checkHistory, type HistoryRules } from './history/check-history.js';
export type { Forgetting } from './history/forgettings.js';
export type { GapRule } from './history/check-gaps.js';
export { formatEntry, formatViolations, type Violation, type ViolationKind } from './history/violation.js';
export { Cluster, type ClusterOptions, startCluster } from './cluster/cluster.js';
export type { Instance, TerminateOptions } from './cluster/instance.js';
export type { WaitOptions } from './cluster/wait-until.js';
export { WORKER_JOB, workerEnv, type WorkerSettings } from './worker/worker-settings.js';
export { KINDS_NAMESPACE, kindsEnv, type KindOfJob, type KindsSettings } from './kinds/kinds-settings.js';
