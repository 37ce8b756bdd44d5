import { asError, StartupError } from '@leased-jobs/core';
import { CALM } from './phases.js';
import type { WorkContext } from './simulated-work.js';
import type { VirtualInstance } from './virtual-instance.js';

/** Does what an instance has to do before it may start. If that fails its process ends, and its supervisor starts it again. */
export async function startUp(
  instance: VirtualInstance,
  { scenario, record, at, now }: WorkContext,
): Promise<void> {
  const { engine, name } = instance;
  try {
    await engine.startUp();
    record({ type: 'went-on', instance: name });
  } catch (thrown) {
    const { cause, job } = thrown instanceof StartupError ? thrown : { cause: asError(thrown), job: '' };
    record({ type: 'startup-failed', instance: name, job, cause: cause.name });
    if (!instance.isUp) throw thrown; // It is being stopped, and ends by itself.
    record({ type: 'crashed', instance: name });
    instance.crash();
    at(now() + SUPERVISED_AFTER, () => {
      if (instance.isUp || instance.engine !== engine || now() > scenario.stormEnds + CALM) return;
      record({ type: 'restarted', instance: name });
      instance.restart();
    });
    throw thrown;
  }
}

/** Milliseconds. */
const SUPERVISED_AFTER = 5_000;
