import { ConfigurationError, show } from '../errors.js';
import type { Job } from './job-definition.js';

/**
 * The next `count` slots of a job after a moment: fewer if its schedule ends, none if it has no slots.
 *
 * @throws ConfigurationError unless `count` is a whole number from 0 to 1 000.
 */
export function nextSlots({ name, schedule }: Job, after: number, count: number): readonly Date[] {
  if (!Number.isInteger(count) || count < 0 || count > MAX_PREVIEW) {
    throw new ConfigurationError(
      `Cannot tell ${show(count)} slots of "${name}". Choose a whole number from 0 to ${MAX_PREVIEW}.`,
    );
  }
  const slots: Date[] = [];
  for (let slot = after; slots.length < count;) {
    const following = schedule.next(slot, name);
    if (!Number.isFinite(following) || following <= slot) break;
    slots.push(new Date((slot = following)));
  }
  return slots;
}

const MAX_PREVIEW = 1_000;
