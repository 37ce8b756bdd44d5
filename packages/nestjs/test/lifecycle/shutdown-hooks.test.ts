import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { RecordingLogger, startApp } from '../nest-app.js';

const WARNING = expect.stringContaining('Call app.enableShutdownHooks()');

it('warns once if nothing listens for SIGTERM, but not if hooks are enabled after the start, or the app has gone', async () => {
  const [without, late, gone] = [new RecordingLogger(), new RecordingLogger(), new RecordingLogger()];
  await (await startApp({ logger: gone })).close();
  const app = await startApp({ logger: without });
  await sleep(1_100);
  await app.close();
  expect(without.lines.filter((line) => line.includes('enableShutdownHooks'))).toEqual([WARNING]);

  const other = await startApp({ logger: late });
  other.enableShutdownHooks(['SIGTERM']);
  await sleep(1_100);
  await other.close();
  expect(late.lines).not.toContainEqual(WARNING);
  expect(gone.lines).not.toContainEqual(WARNING);
});
