import { describe, expect, it } from '@jest/globals';
import { within } from '../../src/configuration/within.js';

describe('within a limit', () => {
  it('work comes to what it comes to, and its failure is its own', async () => {
    expect(await within(1_000, Promise.resolve(5), 'It was not done', 'Wait.')).toBe(5);
    const failed = Promise.reject(new Error('boom'));
    await expect(within(1_000, failed, 'It was not done', 'Wait.')).rejects.toThrow('boom');
  });

  it('work that is late fails, with what to do', async () => {
    const never = new Promise<never>(() => {});
    await expect(within(5, never, 'It was not done', 'Look for a lock.')).rejects.toThrow(
      'It was not done within 5 ms. Look for a lock.',
    );
  });
});
