import { ConfigurationError, show } from '@leased-jobs/core';

/** @throws ConfigurationError if Azure takes no such name, or not for a container that can hold any blob. */
export function assertContainerName(name: unknown, source: string): asserts name is string {
  if (typeof name === 'string' && CONTAINER_NAME.test(name)) return;
  throw new ConfigurationError(
    `${source} is ${show(name)}, which is no name of a container. Choose 3 to 63 lower-case letters, digits and ` +
      'single dashes, with a letter or a digit at both ends.',
  );
}

export const DEFAULT_CONTAINER = 'leased-jobs';

const CONTAINER_NAME = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/;
