import { LeasedJobsError } from '@leased-jobs/core';

/** The app is shutting down, or cannot start, and somebody still waits for a component to get ready. */
export class ComponentNotReadyError extends LeasedJobsError {
  override readonly name = 'ComponentNotReadyError';
  readonly code = 'LEASED_JOBS_COMPONENT_NOT_READY';

  constructor(
    /** What was waited for, and was not ready. */
    readonly components: readonly string[],
  ) {
    super(
      `Gave up waiting for ${components.join(', ')}: the app is shutting down. There is nothing to do but to stop as well.`,
    );
  }
}
