// One process of a race, on the built files. Its parent says what to do, one message at a time.
import { randomUUID } from 'node:crypto';
import { unlinkSync, writeFileSync } from 'node:fs';
import { FileLeaseProvider } from '../../dist/index.js';

const [, , directory, guarded] = process.argv;
const never = new AbortController().signal;
const provider = await FileLeaseProvider.open({ directory });
const acquire = (lock) =>
  provider.acquire({ lock, grantId: randomUUID(), holder: `${process.pid}`, ttl: 60_000 }, never);
let grant;

const tasks = {
  async acquire({ lock }) {
    const answer = await acquire(lock);
    grant = 'refused' in answer ? undefined : answer;
    return { answer };
  },
  async release() {
    await provider.release(grant, {}, never);
    return {};
  },
  /** Holds the lock as often as it can for a while, and would fail if two could be where one may be. */
  async contend({ lock, duration }) {
    const tokens = [];
    const overlaps = [];
    for (const end = performance.now() + duration; performance.now() < end;) {
      const answer = await acquire(lock);
      if ('refused' in answer) continue;
      try {
        writeFileSync(guarded, `${process.pid}`, { flag: 'wx' });
        tokens.push(answer.fencingToken);
        unlinkSync(guarded);
      } catch (error) {
        overlaps.push(String(error));
      }
      await provider.release(answer, {}, never);
    }
    return { tokens, overlaps };
  },
};

process.on('message', async ({ task, ...order }) => process.send(await tasks[task](order)));
process.on('disconnect', () => process.exit());
process.send('ready');
