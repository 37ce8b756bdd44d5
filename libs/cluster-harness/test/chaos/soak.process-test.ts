import { expect, it } from '@jest/globals';
import { chaos } from './chaos-command.js';

it('a process with two hundred jobs on three stores keeps nothing, though they fail now and then', async () => {
  // Seconds are enough to see what grows with every run; a slow leak takes the long form of this.
  const table = await chaos('--soak', '0.4');
  for (const measure of ['heap', 'resources', 'descriptors']) {
    expect(table).toMatch(new RegExp(`^${measure}.*flat$`, 'm'));
  }
}, 130_000);
