/** A timer of this process for one moment. It tells how late this process is by itself, whatever it was asked to do. */
export class ControlTimer {
  #late = 0;
  readonly #timer: NodeJS.Timeout;
  readonly #deadline: number;

  /** `deadline` as `performance.now()` counts. */
  constructor(deadline: number) {
    this.#deadline = deadline;
    this.#timer = setTimeout(() => {
      this.#late = performance.now() - deadline;
    }, deadline - performance.now());
  }

  /** Milliseconds. If it has not fired, then as late as it would be now. */
  stop(): number {
    clearTimeout(this.#timer);
    return Math.max(0, this.#late || performance.now() - this.#deadline);
  }
}
