/** Something that is to happen. Cancelling it twice is harmless. */
export interface Planned {
  readonly at: number;
  cancel(): void;
}

/**
 * The time of a whole simulated world, in milliseconds from its beginning. Each clock in that world reads it in its own way.
 *
 * What happens runs all that it has begun to its end, but for what waits for a later moment, before anything else happens.
 * Only promises are waited for: real timers and real I/O have no place in such a world.
 */
export class VirtualTime {
  readonly #heap: PlannedEvent[] = [];
  #planned = 0;
  #now = 0;
  #steps = 0;

  get now(): number {
    return this.#now;
  }

  /** How many things have happened. */
  get steps(): number {
    return this.#steps;
  }

  /** What is planned for one moment happens in the order in which it was planned. */
  at(moment: number, callback: () => void): Planned {
    const event = new PlannedEvent(Math.max(moment, this.#now), this.#planned++, callback);
    push(this.#heap, event);
    return event;
  }

  /** Lets `ms` milliseconds pass. Rejects with what a callback throws. */
  advance(ms: number): Promise<void> {
    if (!(ms >= 0 && Number.isFinite(ms))) {
      return Promise.reject(new RangeError(`Time cannot pass by ${ms} ms. Give a duration of 0 or more.`));
    }
    const until = this.#now + ms;
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        try {
          if (!this.#step(until)) return resolve();
        } catch (thrown) {
          return reject(thrown);
        }
        queueMicrotask(onceSettled);
      };
      // Node empties the queue of microtasks, however long it grows meanwhile, before it looks at what a microtask has
      // put off to the next tick. So a turn finds all promises settled, and costs no turn of the event loop.
      const onceSettled = (): void => process.nextTick(turn);
      queueMicrotask(onceSettled);
    });
  }

  #step(until: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.at > until) {
        this.#now = until;
        return false;
      }
      pop(this.#heap);
      const { callback } = next;
      if (!callback) continue;
      this.#now = next.at;
      this.#steps++;
      callback();
      return true;
    }
  }
}

class PlannedEvent implements Planned {
  constructor(
    readonly at: number,
    readonly order: number,
    public callback: (() => void) | null,
  ) {}

  /** It stays in the heap until its time comes, which costs less than to look for it. */
  cancel(): void {
    this.callback = null;
  }
}

function isBefore(a: PlannedEvent, b: PlannedEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: PlannedEvent[], event: PlannedEvent): void {
  let index = heap.length;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as PlannedEvent;
    if (isBefore(above, event)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = event;
}

function pop(heap: PlannedEvent[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as PlannedEvent, heap[child] as PlannedEvent)) {
      child++;
    }
    const below = heap[child] as PlannedEvent;
    if (isBefore(last, below)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
}
