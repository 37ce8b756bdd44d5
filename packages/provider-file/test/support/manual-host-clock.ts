import type { HostClock } from '../../src/host-clock.js';

export class ManualHostClock implements HostClock {
  readonly step = 10;
  #uptime = 1_000_000;
  #wall = Date.now();

  constructor(readonly id = 'this boot') {}

  uptime(): number {
    return this.#uptime;
  }

  wall(): number {
    return this.#wall;
  }

  advance(ms: number): void {
    this.#uptime += ms;
    this.#wall += ms;
  }

  stepWall(ms: number): void {
    this.#wall += ms;
  }
}
