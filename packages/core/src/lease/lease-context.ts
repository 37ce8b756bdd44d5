import type { Emit } from '../events/event-stream.js';
import type { Clock } from '../time/clock.js';
import type { Random } from '../time/random.js';
import type { LeaseEvent } from './lease-event.js';
import type { LeaseKeeper } from './lease-keeper.js';
import type { LeaseProvider } from './lease-provider.js';
import type { Renewals } from './renewals.js';

/** What every part of the lease protocol works with. */
export interface LeaseContext {
  readonly provider: LeaseProvider;
  readonly renewals: Renewals;
  /** Renews in the holders' stead. Default: each does it itself. */
  readonly keeper?: LeaseKeeper | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit<LeaseEvent>;
  /** Aborts when the app closes: nothing is asked for, or tried again, any more. */
  readonly closing: AbortSignal;
}
