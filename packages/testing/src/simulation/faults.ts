import type { NewEntry } from './history.js';
import type { Fault, NetworkTrouble } from './scenario.js';
import type { VirtualCluster } from './virtual-cluster.js';
import type { VirtualInstance } from './virtual-instance.js';
import type { NetworkConditions } from './virtual-network.js';

/** Lets a fault strike at its moment, and end at another. */
export function plan(fault: Fault, cluster: VirtualCluster, record: (entry: NewEntry) => void): void {
  const { kind, at, lasts } = fault;
  const instance = 'instance' in fault ? cluster.instances[fault.instance] : undefined;
  const name = instance?.name ?? 'store';
  const detail = detailOf(fault);
  cluster.at(at, () => {
    record({ type: 'fault', instance: name, fault: kind + detail });
    strike(fault, instance, cluster, record);
  });
  cluster.at(at + lasts, () => end(fault, instance, cluster, record));
}

function strike(
  fault: Fault,
  instance: VirtualInstance | undefined,
  cluster: VirtualCluster,
  record: (entry: NewEntry) => void,
): void {
  const name = instance?.name ?? 'store';
  switch (fault.kind) {
    case 'network':
      return instance?.setNetwork(conditionsOf(fault.of, fault.share));
    case 'pause':
      record({ type: 'paused', instance: name });
      return instance?.pause();
    case 'crash':
      record({ type: 'crashed', instance: name });
      return instance?.crash();
    case 'drain':
      if (instance?.isUp) stop(instance, cluster, record);
      return;
    case 'wall-step':
      return instance?.stepWall(fault.by);
    case 'store-down':
      return cluster.stopStore();
    case 'state-loss':
      record({ type: 'state-lost', instance: name });
      return cluster.loseState();
    case 'job-paused':
      return setPaused(fault, true, cluster, record);
  }
}

/** Stops an instance, and writes down how long that took. */
export function stop(
  instance: VirtualInstance,
  cluster: VirtualCluster,
  record: (entry: NewEntry) => void,
): void {
  const { name } = instance;
  const since = cluster.now;
  record({ type: 'stopping', instance: name });
  const stopped = instance.stop();
  void stopped.then(() => record({ type: 'stopped', instance: name, took: cluster.now - since })); // Never rejects.
}

function end(
  fault: Fault,
  instance: VirtualInstance | undefined,
  cluster: VirtualCluster,
  record: (entry: NewEntry) => void,
): void {
  const name = instance?.name ?? 'store';
  if (fault.kind === 'network') instance?.setNetwork({});
  else if (fault.kind === 'wall-step') instance?.stepWall(-fault.by);
  else if (fault.kind === 'store-down') cluster.startStore();
  else if (fault.kind === 'job-paused') setPaused(fault, false, cluster, record);
  else if (fault.kind === 'pause') {
    record({ type: 'resumed', instance: name });
    instance?.resume();
  } else if (fault.kind === 'crash' || fault.kind === 'drain') {
    if (!instance || instance.isUp) return;
    // Who has not stopped by now is killed, as by any supervisor.
    record({ type: 'crashed', instance: name });
    record({ type: 'restarted', instance: name });
    instance.restart();
  }
}

function setPaused(
  { by, lock, job }: Fault & { readonly kind: 'job-paused' },
  paused: boolean,
  cluster: VirtualCluster,
  record: (entry: NewEntry) => void,
): void {
  const instance = by === 'store' ? undefined : cluster.instances[by];
  if (!instance?.isUp) return cluster.setPaused(lock, job, paused);
  const { name, engine } = instance;
  const asked = cluster.now;
  record({ type: 'pause-asked', instance: name, job, paused });
  const answered = (answer: boolean | 'failed'): void =>
    record({ type: 'pause-answered', instance: name, job, paused, answer, asked });
  // A world in which the job was left out, to find the smallest that fails, has nothing to pause.
  void Promise.resolve()
    .then(() => engine.setPaused(job, paused))
    .then(answered, () => answered('failed'));
}

function detailOf(fault: Fault): string {
  if (fault.kind === 'network') return ` ${fault.of}`;
  if (fault.kind === 'wall-step') return ` by ${fault.by}`;
  return fault.kind === 'job-paused' ? ` ${fault.job}` : '';
}

function conditionsOf(trouble: NetworkTrouble, share: number): NetworkConditions {
  if (trouble === 'cut') return { requestsLost: 1 };
  if (trouble === 'slow') return { delay: [1, 4_000 * share] };
  if (trouble === 'answersSlow') return { answerDelay: [1, 4_000 * share] };
  return { [trouble]: share, delay: [1, 200] };
}
