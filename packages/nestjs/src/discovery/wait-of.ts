import { ConfigurationError, type JobDefinition, show } from '@leased-jobs/core';
import type { JobDraft } from './job-draft.js';

/** Resolves once all of these components are ready. */
export type WaitFor = (components: readonly string[], signal: AbortSignal) => Promise<void>;

/** @throws ConfigurationError if what a job waits for is no list of names. */
export function waitOf({ name, options }: JobDraft, waitFor: WaitFor): JobDefinition['waitFor'] {
  const components: unknown = options.waitFor;
  if (components === undefined) return undefined;
  if (!isListOfNames(components)) {
    throw new ConfigurationError(
      `Job "${name}": waitFor is ${show(components)}. Give a list of the names of components, such as ["cache"].`,
    );
  }
  return (signal) => waitFor(components, signal);
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
}
