import type {
  Clock,
  LeaseProvider,
  RenewalPort,
  RenewalSettings,
  RenewalWorker,
  Timer,
} from '@leased-jobs/core';
import type { ManualClock } from '@leased-jobs/testing';
import { RenewalService } from '../../src/renewal/serve-renewals.js';

type Listener = (argument: never) => void;

/** The clock and the inbox of a thread whose event loop a test can block: what is due meanwhile comes afterwards. */
export class MainThread implements Clock {
  readonly #clock: ManualClock;
  #waiting: (() => void)[] | null = null;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  wall(): number {
    return this.#clock.wall();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setTimer(delay: number, callback: () => void, keepAlive: boolean): Timer {
    let cancelled = false;
    const timer = this.#clock.setTimer(delay, () => this.turn(() => cancelled || callback()), keepAlive);
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  /** Calls that in a turn of the event loop. */
  turn(callback: () => void): void {
    if (this.#waiting) this.#waiting.push(callback);
    else callback();
  }

  block(): void {
    this.#waiting ??= [];
  }

  unblock(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const callback of waiting) callback();
  }
}

/** A worker in the same thread: messages are cloned, and arrive later. */
export class LinkedWorker implements RenewalWorker {
  readonly sent: string[] = [];
  isRefd = true;
  isTerminated = false;
  /** Of the port's other end. */
  isClosed = false;
  /** As a worker that hangs. */
  isDeaf = false;
  readonly #listeners = new Map<string, Listener>();
  readonly #service: RenewalService | undefined;

  /** `starts`: `false` as of a worker that hangs before it has begun. */
  constructor(
    main: MainThread,
    clock: Clock,
    provider: LeaseProvider,
    settings: RenewalSettings,
    starts = true,
  ) {
    const port: RenewalPort = {
      postMessage: (message) => {
        const copy = structuredClone(message);
        main.turn(() => queueMicrotask(() => this.#tell('message', copy)));
      },
      on: () => {},
      close: () => {
        this.isClosed = true;
        queueMicrotask(() => this.#tell('exit', 0));
      },
    };
    if (starts) this.#service = new RenewalService(port, provider, settings, clock);
  }

  postMessage(message: Parameters<RenewalWorker['postMessage']>[0]): void {
    const copy = structuredClone(message);
    this.sent.push(message.type);
    if (!this.isDeaf) queueMicrotask(() => this.#service?.receive(copy));
  }

  on(event: string, listener: Listener): void {
    this.#listeners.set(event, listener);
  }

  unref(): void {
    this.isRefd = false;
  }

  async terminate(): Promise<void> {
    this.isTerminated = true;
  }

  crash(error: Error): void {
    this.#tell('error', error);
    this.#tell('exit', 1);
  }

  #tell(event: string, argument: unknown): void {
    this.#listeners.get(event)?.(argument as never);
  }
}
