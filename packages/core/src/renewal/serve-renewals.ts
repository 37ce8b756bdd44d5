import { asError, StoreError } from '../errors.js';
import { hooked } from '../lease/abort-hooks.js';
import { HeldLease } from '../lease/held-lease.js';
import type { LeaseContext } from '../lease/lease-context.js';
import type { LeaseEvent } from '../lease/lease-event.js';
import type { LeaseProvider } from '../lease/lease-provider.js';
import { type Renewal, type Renewals, renewalsOf } from '../lease/renewals.js';
import type { Clock } from '../time/clock.js';
import { systemRandom } from '../time/random.js';
import { Stopwatch } from '../time/stopwatch.js';
import { sinceBeat } from './heartbeat.js';
import type { RenewalPort, RenewalSettings, ToWorker } from './renewal-messages.js';
import { SharedValidity } from './shared-validity.js';
import { threadClock } from './thread-clock.js';

/**
 * Renews the leases that a `WorkerKeeper` hands over, through a provider of this thread's own, until it is told to close.
 * Then the provider is closed, and the port.
 */
export function serveRenewals(port: RenewalPort, provider: LeaseProvider, settings: RenewalSettings): void {
  const service = new RenewalService(port, provider, settings, threadClock(settings.ahead));
  port.on('message', (message) => service.receive(message));
}

/** The part of {@link serveRenewals} that is told the time. */
export class RenewalService {
  readonly #port: RenewalPort;
  readonly #provider: LeaseProvider;
  readonly #settings: RenewalSettings;
  readonly #clock: Clock;
  readonly #renewals: Renewals;
  readonly #closing = hooked(new AbortController());
  readonly #kept = new Map<number, HeldLease>();

  constructor(port: RenewalPort, provider: LeaseProvider, settings: RenewalSettings, clock: Clock) {
    this.#port = port;
    this.#provider = provider;
    this.#settings = settings;
    this.#clock = clock;
    this.#renewals = renewalsOf(provider, clock);
    Atomics.store(new Int32Array(settings.started), 0, 1);
  }

  receive(message: ToWorker): void {
    if (message.type === 'keep') this.#keep(message);
    else if (message.type === 'end') void this.#end(message.id);
    else void this.#close();
  }

  #keep({ id, lock, grant, timing, validity: memory, maxHold }: ToWorker & { readonly type: 'keep' }): void {
    const validity = new SharedValidity(memory);
    const sentAt = new Stopwatch(this.#clock, validity.monotonic, validity.wall);
    const renew = async (renewal: Renewal): Promise<boolean> => {
      const problem = this.#problemWith(sentAt, maxHold);
      if (problem !== null) throw new StoreError(problem, { kind: 'transient', applied: 'no' });
      return this.#renewals.renew(renewal);
    };
    const context: LeaseContext = {
      provider: this.#provider,
      renewals: { renew, delayOf: (delay, ttl) => this.#renewals.delayOf(delay, ttl) },
      clock: this.#clock,
      random: systemRandom,
      emit: (event) => this.#tell(id, validity, event),
      closing: this.#closing.signal,
    };
    this.#kept.set(id, new HeldLease(lock, grant, { context, timing, sentAt }));
  }

  /** Why a lease is not vouched for any more. */
  #problemWith(heldSince: Stopwatch, maxHold = Infinity): string | null {
    const blocked = sinceBeat(this.#settings.heartbeat, this.#clock);
    if (blocked > this.#settings.maxBlocked) {
      return `The event loop of this instance has not turned for ${Math.round(blocked)} ms, so its leases are not renewed.`;
    }
    if (heldSince.elapsed() < maxHold) return null;
    return `The lease has been held for its maxRuntime of ${maxHold} ms, so it is not renewed.`;
  }

  #tell(id: number, validity: SharedValidity, event: LeaseEvent): void {
    const lease = this.#kept.get(id);
    if (!lease) return;
    if (event.type === 'renewed') {
      validity.set(lease.sentAt);
      this.#port.postMessage({ type: 'renewed', id });
    } else if (event.type === 'store-failed') {
      const { message } = event.error;
      const kind = event.error instanceof StoreError ? event.error.kind : 'transient';
      this.#port.postMessage({ type: 'failed', id, message, kind });
    } else if (event.type === 'lost') {
      if (event.reason === 'taken') validity.setTaken();
      this.#kept.delete(id);
      this.#port.postMessage({ type: 'lost', id, reason: event.reason });
    }
  }

  async #end(id: number): Promise<void> {
    const lease = this.#kept.get(id);
    this.#kept.delete(id);
    await lease?.abandon();
    this.#port.postMessage({ type: 'ended', id });
  }

  async #close(): Promise<void> {
    const leases = [...this.#kept.values()];
    this.#kept.clear();
    await Promise.all(leases.map((lease) => lease.abandon()));
    try {
      await this.#provider.close();
    } catch (thrown) {
      // Nobody is left to be told: this thread ends now, and its connections with it.
      void asError(thrown);
    }
    this.#port.close();
  }
}
