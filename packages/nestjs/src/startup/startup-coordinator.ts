import { Logger } from '@nestjs/common';
import { asError, type Clock, ConfigurationError, show, SystemClock } from '@leased-jobs/core';
import { LOG_CONTEXT } from '../logging/event-log.js';
import { ComponentNotReadyError } from './component-not-ready-error.js';

/**
 * Lets the components of one process wait for each other: a job for its cache, a consumer for its connection. It knows
 * nothing of other instances.
 *
 * A component is a name. It registers itself, tells when it is ready, and may be waited for before it has registered:
 * the order does not matter. What is told last counts, so a component that failed may still get ready.
 *
 * Nest awaits the init hooks of one module before it calls those of the next. Whoever waits in such a hook for a
 * component that gets ready in a later one waits for ever, so wait in work that Nest does not await, or from
 * `onApplicationBootstrap` on. Who is waited for longer than ten seconds is told once, as a warning.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class Cache implements OnModuleInit {
 *   constructor(private readonly startup: StartupCoordinator) {
 *     startup.register('cache');
 *   }
 *   onModuleInit(): void {
 *     this.fill().then(
 *       () => this.startup.signalReady('cache'),
 *       (error) => this.startup.signalFailed('cache', error),
 *     );
 *   }
 * }
 *
 * // … and elsewhere:
 * await startup.waitFor('cache', AbortSignal.timeout(30_000));
 * ```
 */
export class StartupCoordinator {
  readonly #logger = new Logger(LOG_CONTEXT);
  readonly #clock: Clock;
  readonly #components = new Map<string, State>();
  /** Looks at each wait, whether it has come to its end. */
  readonly #waits = new Set<() => void>();
  readonly #told = new Set<string>();
  #closed = false;

  constructor(clock: Clock = new SystemClock()) {
    this.#clock = clock;
  }

  /** Makes a component known, so that `waitForAll` waits for it. Doing it twice is harmless. */
  register(name: string): void {
    if (!this.#components.has(checked(name))) this.#components.set(name, 'starting');
  }

  /** Registers the component if nobody has, and lets go on who waits for it. */
  signalReady(name: string): void {
    this.#told.delete(checked(name));
    this.#tell(name, 'ready');
  }

  /** Whoever waits for this component, or for all, is thrown this error, now and until the component gets ready. */
  signalFailed(name: string, error: unknown): void {
    this.#tell(checked(name), asError(error));
  }

  /** Whether a component is ready. Without a name: whether all that have registered are. */
  isReady(name?: string): boolean {
    return this.#pending(name === undefined ? this.#components.keys() : [checked(name)]).length === 0;
  }

  /**
   * Resolves once the component is ready, or several of them are. It need not have registered yet.
   *
   * @throws what `signalFailed` was told, the reason of `signal` once that aborts, or ComponentNotReadyError when the app
   * shuts down, or cannot start.
   */
  async waitFor(name: string | readonly string[], signal?: AbortSignal): Promise<void> {
    const names = (typeof name === 'string' ? [name] : name).map(checked);
    await this.#wait(() => names, signal);
  }

  /**
   * Resolves once all components are ready that have registered by then. Call it when all had a chance to: from
   * `onModuleInit` on, for what registers when it is constructed.
   *
   * @throws what `waitFor` throws.
   */
  async waitForAll(signal?: AbortSignal): Promise<void> {
    await this.#wait(() => this.#components.keys(), signal);
  }

  /** @internal Ends all waits: the app shuts down. */
  close(): void {
    this.#closed = true;
    this.#look();
  }

  #tell(name: string, state: State): void {
    this.#components.set(name, state);
    this.#look();
  }

  #look(): void {
    for (const look of this.#waits) look();
  }

  #pending(names: Iterable<string>): string[] {
    return [...names].filter((name) => this.#components.get(name) !== 'ready');
  }

  #wait(names: () => Iterable<string>, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const pending = this.#pending(names());
        const states = pending.map((name) => this.#components.get(name));
        const failure = states.find((state) => typeof state === 'object');
        if (signal?.aborted) end(() => reject(signal.reason as Error));
        else if (pending.length === 0) end(resolve);
        else if (failure) end(() => reject(failure));
        else if (this.#closed) end(() => reject(new ComponentNotReadyError(pending)));
      };
      const end = (settle: () => void): void => {
        this.#waits.delete(look);
        signal?.removeEventListener('abort', look);
        timer.cancel();
        settle();
      };
      const timer = this.#clock.setTimer(PATIENCE, () => this.#warn(names()), false);
      signal?.addEventListener('abort', look);
      this.#waits.add(look);
      look();
    });
  }

  /** Many jobs may wait for one component: it is told of once. */
  #warn(names: Iterable<string>): void {
    const news = this.#pending(names).filter((name) => !this.#told.has(name));
    if (news.length === 0) return;
    for (const name of news) this.#told.add(name);
    const list = news.map((name) => (this.#components.has(name) ? name : `${name} (never registered)`));
    this.#logger.warn(
      `Something has waited for ${PATIENCE / 1_000} s for ${list.join(', ')}, and goes on waiting`,
    );
  }
}

/** An error: why it has failed. */
type State = 'starting' | 'ready' | Error;

function checked(name: string): string {
  if (typeof name === 'string' && name !== '') return name;
  throw new ConfigurationError(
    `A component cannot be called ${show(name)}. Give it a name, the same for those who wait for it.`,
  );
}

/** Milliseconds until it is told who is waited for. */
const PATIENCE = 10_000;
