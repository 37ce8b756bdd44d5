import type { JobEngine } from '@leased-jobs/core';

/**
 * Where the exclusive methods of one app get its engine, as soon as that has been made.
 *
 * It depends on nothing, so that what the settings of the engine are made from may have exclusive methods, too.
 */
export class Sections {
  #engine: JobEngine | undefined;

  get engine(): JobEngine | undefined {
    return this.#engine;
  }

  open(engine: JobEngine): void {
    this.#engine = engine;
  }
}

/** The DI token. */
export const SECTIONS = 'leased-jobs:sections';
