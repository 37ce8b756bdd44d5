/** Something that is to happen. Cancelling it twice, or after it has happened, is harmless. */
export interface Task {
  cancel(): void;
}

class Entry implements Task {
  run: (() => void) | null;

  constructor(
    readonly at: number,
    readonly order: number,
    run: () => void,
  ) {
    this.run = run;
  }

  cancel(): void {
    this.run = null;
  }

  precedes(other: Entry): boolean {
    return this.at < other.at || (this.at === other.at && this.order < other.order);
  }
}

/**
 * True time, which no instance knows, and what is to happen in it: a binary heap. What is planned for one moment happens
 * in the order in which it was planned. What was cancelled is thrown away when its time has come.
 */
export class Agenda {
  readonly #heap: Entry[] = [];
  #now = 0;
  #order = 0;

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  plan(delay: number, run: () => void): Task {
    const entry = new Entry(this.#now + Math.max(0, delay), this.#order++, run);
    this.#push(entry);
    return entry;
  }

  /** Lets the next thing happen, if there is one until then; otherwise it becomes `until`. Returns whether there was one. */
  step(until: number): boolean {
    for (let first = this.#heap[0]; first && first.at <= until; first = this.#heap[0]) {
      this.#pop();
      const { run } = first;
      if (!run) continue;
      first.run = null;
      this.#now = first.at;
      run();
      return true;
    }
    this.#now = Math.max(this.#now, until);
    return false;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (above.precedes(entry)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Entry).precedes(heap[child] as Entry)) child++;
      const below = heap[child] as Entry;
      if (last.precedes(below)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}
