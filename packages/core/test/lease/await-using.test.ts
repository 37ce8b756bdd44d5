import { describe, expect, it } from '@jest/globals';
import { TestCluster } from '../support/cluster.js';

describe('`await using`', () => {
  it('gives a lease back at the end of its block, also when that throws', async () => {
    const { engine, provider } = new TestCluster().add();
    const work = async (): Promise<void> => {
      await using lease = await engine.leases.tryAcquire('report');
      lease?.throwIfLost();
      throw new Error('no paper');
    };
    await expect(work()).rejects.toThrow('no paper');
    expect(provider.times('release')).toHaveLength(1);
  });
});
