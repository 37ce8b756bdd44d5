import {
  type AcquireRequest,
  type GrantProof,
  type LeaseGrant,
  type LeaseProvider,
  type LeaseRefusal,
  type LockRecord,
  MemoryLeaseProvider,
  MemoryStore,
  type ReleaseNote,
} from '@leased-jobs/core';
import type { ManualClock } from '@leased-jobs/testing';

type Operation = 'acquire' | 'renew' | 'release' | 'close';

/** A script for one call: it may carry it out, delay it, answer something else, or throw. */
export type Script = (carryOut: () => Promise<unknown>, signal: AbortSignal) => unknown;

/** The memory provider, with a script between it and its caller, and a record of what was asked and when. */
export class ScriptedProvider implements LeaseProvider {
  readonly name = 'scripted';
  readonly limits = { minTtl: 1, maxTtl: 600_000, granularity: 50, excludes: 'cluster' } as const;
  readonly calls: { readonly operation: Operation; readonly at: number; readonly note?: ReleaseNote }[] = [];
  readonly grantIds: string[] = [];
  /** Applied to each call of that operation until it is deleted. */
  readonly scripts = new Map<Operation, Script>();
  watch?: NonNullable<LeaseProvider['watch']>;
  readonly #memory: MemoryLeaseProvider;

  constructor(
    readonly clock: ManualClock,
    readonly store = new MemoryStore(clock),
  ) {
    this.#memory = new MemoryLeaseProvider(store);
  }

  times(operation: Operation): readonly number[] {
    return this.calls.filter((call) => call.operation === operation).map((call) => call.at);
  }

  acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    this.grantIds.push(request.grantId);
    return this.#play('acquire', () => this.#memory.acquire(request, NEVER), signal);
  }

  renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    return this.#play('renew', () => this.#memory.renew(grant, ttl, NEVER), signal);
  }

  release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    return this.#play('release', () => this.#memory.release(grant, note, NEVER), signal, note);
  }

  setPaused(lock: string, job: string, paused: boolean, signal: AbortSignal): Promise<null> {
    return this.#memory.setPaused(lock, job, paused, signal);
  }

  read(lock: string, signal: AbortSignal): Promise<LockRecord | null> {
    return this.#memory.read(lock, signal);
  }

  list(prefix: string, signal: AbortSignal): AsyncIterable<LockRecord> {
    return this.#memory.list(prefix, signal);
  }

  /** As of a store that can tell of releases. */
  tell(): this {
    this.watch = (lock, onRelease) => this.#memory.watch(lock, onRelease);
    return this;
  }

  close(): Promise<void> {
    return this.#play('close', () => this.#memory.close(), NEVER);
  }

  #play<T>(
    operation: Operation,
    carryOut: () => Promise<T>,
    signal: AbortSignal,
    note?: ReleaseNote,
  ): Promise<T> {
    this.calls.push({ operation, at: this.clock.monotonic(), ...(note && { note }) });
    const script = this.scripts.get(operation);
    return (script ? script(carryOut, signal) : carryOut()) as Promise<T>;
  }
}

/** A store that never answers: the call settles only because it is told to. */
export const silent: Script = (_carryOut, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

/** A provider that never settles, whatever it is told. */
export const deaf: Script = () => new Promise(() => {});

/** The process was suspended while the answer came, and runs its I/O callbacks before its late timers. */
export function wakeUpToTheAnswerFirst(clock: ManualClock, slept: number): void {
  void clock.freeze(slept, () => []);
}

const NEVER = new AbortController().signal;
