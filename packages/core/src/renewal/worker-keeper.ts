import { asError, StoreError } from '../errors.js';
import type { Hold, Keeping, KeepingListener, LeaseKeeper } from '../lease/lease-keeper.js';
import type { Clock, Timer } from '../time/clock.js';
import { settledWithin } from '../time/sleep.js';
import { Stopwatch } from '../time/stopwatch.js';
import { Heartbeat } from './heartbeat.js';
import type { FromWorker, RenewalSettings, RenewalWorker } from './renewal-messages.js';
import { SharedValidity } from './shared-validity.js';
import { aheadOfThreads } from './thread-clock.js';

export interface WorkerKeeperOptions {
  /** The holder's clock. It has to be one of this machine: the worker reads it too. */
  readonly clock: Clock;
  /** For how many milliseconds the event loop of the holder's thread may stand still before its leases are left to expire. */
  readonly maxBlocked: number;
  /** Makes a worker that calls `serveRenewals` with these settings and a provider of its own. */
  readonly open: (settings: RenewalSettings) => RenewalWorker;
  /** Called once if the worker has ended by itself, or could not be made. The holders then renew their leases themselves. */
  readonly onGone: (error: Error) => void;
}

/**
 * Has leases renewed by a worker thread, so that they outlive an event loop that is blocked for a while: by a handler that
 * computes, or by a synchronous call. The worker vouches for a blocked thread no longer than `maxBlocked`, and for one
 * lease no longer than its `maxHold`.
 *
 * A suspended process is suspended with all its threads. That is detected on resume, as without a worker.
 */
export class WorkerKeeper implements LeaseKeeper {
  readonly #options: WorkerKeeperOptions;
  readonly #kept = new Map<number, Kept>();
  #heartbeat: Heartbeat | undefined;
  #worker: RenewalWorker | undefined;
  #exited: Promise<void> | undefined;
  #startTimer: Timer | undefined;
  #nextId = 1;

  constructor(options: WorkerKeeperOptions) {
    this.#options = options;
  }

  /** Makes the worker. Until then, holders renew their leases themselves. Harmless if it is called again. */
  start(): void {
    if (this.#heartbeat) return;
    const { clock, maxBlocked, open } = this.#options;
    this.#heartbeat = new Heartbeat(clock, Math.min(MAX_BEAT, maxBlocked / 8));
    const { memory } = this.#heartbeat;
    const started = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    let worker: RenewalWorker;
    try {
      worker = open({ ahead: aheadOfThreads(clock), heartbeat: memory, started, maxBlocked });
    } catch (thrown) {
      // A process may have no more threads.
      this.#heartbeat.stop();
      this.#options.onGone(asError(thrown));
      return;
    }
    this.#worker = worker;
    worker.unref();
    worker.on('message', (message) => this.#onMessage(message));
    this.#exited = new Promise((resolve) => {
      const end = (error: Error): void => {
        resolve();
        this.#onGone(worker, error);
      };
      worker.on('error', end);
      worker.on('exit', (code) => end(new Error(`The renewing worker ended with exit code ${code}.`)));
    });
    this.#startTimer = clock.setTimer(START_TIMEOUT, () => this.#checkStarted(worker, started), false);
  }

  keep(hold: Hold, told: KeepingListener): Keeping | null {
    if (!this.#worker) return null;
    const { lock, grant, timing, sentAt, maxHold } = hold;
    const kept = new Kept(this.#options.clock, sentAt, told);
    const id = this.#nextId++;
    const { memory } = kept.validity;
    try {
      this.#worker.postMessage({ type: 'keep', id, lock, grant, timing, validity: memory, maxHold });
    } catch {
      // A grant that cannot be cloned is of a provider that does not reckon with workers.
      return null;
    }
    this.#kept.set(id, kept);
    this.#heartbeat?.beat();
    kept.onEnd = () => this.#end(id, kept);
    return kept;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#startTimer?.cancel();
    this.#worker = undefined;
    this.#heartbeat?.stop();
    if (!worker || !this.#exited) return;
    worker.postMessage({ type: 'close' });
    await settledWithin(this.#options.clock, CLOSE_TIMEOUT, this.#exited);
    // A worker whose file system hangs does not end before that has answered, and nobody waits for it.
    await settledWithin(this.#options.clock, TERMINATE_TIMEOUT, worker.terminate());
  }

  async #end(id: number, kept: Kept): Promise<void> {
    if (!this.#worker || !this.#kept.has(id)) return;
    this.#worker.postMessage({ type: 'end', id });
    await settledWithin(this.#options.clock, END_TIMEOUT, kept.ended);
    this.#kept.delete(id);
  }

  /** Leases may be handed over before the worker has begun, but not for long. It tells by memory: this thread may be busy. */
  #checkStarted(worker: RenewalWorker, started: SharedArrayBuffer): void {
    if (Atomics.load(new Int32Array(started), 0) === 1) return;
    this.#onGone(worker, new Error(`The renewing worker did not begin within ${START_TIMEOUT} ms.`));
    void worker.terminate().catch(() => {}); // Nobody waits for it, and it renews nothing.
  }

  #onMessage(message: FromWorker): void {
    const kept = this.#kept.get(message.id);
    if (message.type === 'ended') kept?.confirmEnd();
    else if (kept && !kept.isEnding) tell(kept.told, message);
  }

  #onGone(worker: RenewalWorker, error: Error): void {
    if (this.#worker !== worker) return; // It was closed, or has told so before.
    this.#worker = undefined;
    this.#heartbeat?.stop();
    this.#startTimer?.cancel();
    for (const kept of this.#kept.values()) {
      kept.confirmEnd();
      if (!kept.isEnding) kept.told.gone();
    }
    this.#kept.clear();
    this.#options.onGone(asError(error));
  }
}

class Kept implements Keeping {
  readonly validity = new SharedValidity();
  readonly ended: Promise<void>;
  confirmEnd: () => void = () => {};
  onEnd: () => Promise<void> = async () => {};
  isEnding = false;
  readonly #clock: Clock;

  constructor(
    clock: Clock,
    sentAt: Stopwatch,
    readonly told: KeepingListener,
  ) {
    this.#clock = clock;
    this.validity.set(sentAt);
    this.ended = new Promise((resolve) => (this.confirmEnd = resolve));
  }

  get sentAt(): Stopwatch {
    return new Stopwatch(this.#clock, this.validity.monotonic, this.validity.wall);
  }

  get isTaken(): boolean {
    return this.validity.isTaken;
  }

  end(): Promise<void> {
    this.isEnding = true;
    return this.onEnd();
  }
}

function tell(told: KeepingListener, message: Exclude<FromWorker, { readonly type: 'ended' }>): void {
  if (message.type === 'lost') told.lost(message.reason);
  else if (message.type === 'failed') told.failed(new StoreError(message.message, { kind: message.kind }));
  else told.renewed();
}

/** Milliseconds, all. */
const START_TIMEOUT = 5_000;
const MAX_BEAT = 1_000;
const END_TIMEOUT = 250;
const CLOSE_TIMEOUT = 400;
const TERMINATE_TIMEOUT = 100;
