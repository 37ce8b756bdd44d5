import type { LoggerService } from '@nestjs/common';

/**
 * Warns if nothing in this process listens for SIGTERM: then a deployment ends this instance in the middle of its
 * runs, and each lock stays held for a ttl. It looks a little after the start, since hooks are often enabled late.
 */
export class ShutdownHooksCheck {
  readonly #logger: LoggerService;
  #timer: NodeJS.Timeout | undefined;

  constructor(logger: LoggerService) {
    this.#logger = logger;
  }

  begin(): void {
    this.#timer = setTimeout(() => this.#check(), PATIENCE);
    this.#timer.unref();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #check(): void {
    if (process.listenerCount('SIGTERM') > 0) return;
    this.#logger.warn(
      'Nothing listens for SIGTERM, so runs will be cut off when this instance is stopped. Call app.enableShutdownHooks().',
    );
  }
}

/** Milliseconds. */
const PATIENCE = 1_000;
