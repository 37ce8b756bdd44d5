/** What is due next, of many: a binary heap. The times lie in a typed array, so that an idle job costs 16 bytes here. */
export class DueQueue<T> {
  readonly #items: T[] = [];
  #times = new Float64Array(16);

  /** When the first item is due; `Infinity` if there is none. */
  get nextAt(): number {
    return this.#items.length === 0 ? Infinity : this.#time(0);
  }

  push(at: number, item: T): void {
    let index = this.#items.length;
    if (index === this.#times.length) this.#grow();
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#time(parent) <= at) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#place(index, at, item);
  }

  /** Takes the first item out if it is due at `now`. */
  popDue(now: number): T | undefined {
    if (this.nextAt > now) return undefined;
    const first = this.#items[0];
    const last = this.#items.pop() as T;
    const length = this.#items.length;
    if (length > 0) this.#sink(this.#time(length), last, length);
    return first;
  }

  clear(): void {
    this.#items.length = 0;
    this.#times = new Float64Array(16);
  }

  #sink(at: number, item: T, length: number): void {
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && this.#time(child + 1) < this.#time(child)) child++;
      if (this.#time(child) >= at) break;
      this.#move(child, index);
      index = child;
    }
    this.#place(index, at, item);
  }

  #time(index: number): number {
    return this.#times[index] as number;
  }

  #move(from: number, to: number): void {
    this.#place(to, this.#time(from), this.#items[from] as T);
  }

  #place(index: number, at: number, item: T): void {
    this.#times[index] = at;
    this.#items[index] = item;
  }

  #grow(): void {
    const larger = new Float64Array(this.#times.length * 2);
    larger.set(this.#times);
    this.#times = larger;
  }
}
