import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AzuriteServer, startAzurite, startAzuriteProxy } from '../src/index.js';

/** What Azurite answers to a question that nobody has signed. */
const REFUSED = 403;

async function status(url: string, timeout = 5_000): Promise<number> {
  const answer = await fetch(`${url}/container/blob`, {
    signal: AbortSignal.timeout(timeout),
    headers: { 'x-ms-version': '2024-11-04' },
  });
  await answer.arrayBuffer();
  return answer.status;
}

describe('an Azurite of our own', () => {
  let azurite: AzuriteServer;
  beforeEach(async () => {
    azurite = await startAzurite({ durable: true });
  }, 30_000);
  afterEach(() => azurite.stop());

  it('answers under its URL, and is gone when stopped', async () => {
    expect(azurite.url).toBe(`http://127.0.0.1:${azurite.port}/devstoreaccount1`);
    expect(azurite.connectionString).toContain(`BlobEndpoint=${azurite.url};`);
    expect(await status(azurite.url)).toBe(REFUSED);
    const { url } = azurite;
    await azurite.stop();
    await expect(status(url)).rejects.toThrow('fetch failed');
  });

  it('answers nothing while it is frozen, and goes on when thawed', async () => {
    await azurite.freeze();
    await expect(status(azurite.url, 200)).rejects.toThrow('timeout');
    await azurite.thaw();
    expect(await status(azurite.url)).toBe(REFUSED);
  });

  it('begins anew on its port when restarted, with its data or without', async () => {
    const { url, pid } = azurite;
    for (const keepData of [true, false]) {
      await azurite.restart({ keepData });
      expect(azurite.url).toBe(url);
      expect(azurite.pid).not.toBe(pid);
      expect(await status(url)).toBe(REFUSED);
    }
  }, 30_000);

  it('is behind a proxy that counts, refuses and loses answers', async () => {
    await using proxy = await startAzuriteProxy(azurite);
    expect(await status(proxy.url)).toBe(REFUSED);
    const refusal = proxy.disturb('refused');
    expect(await status(proxy.url)).toBe(503);
    expect(refusal.struck).toBe(true);
    const loss = proxy.disturb('answer-lost', 2);
    expect(await status(proxy.url)).toBe(REFUSED);
    await expect(status(proxy.url)).rejects.toThrow('fetch failed');
    loss.end();
    const thaw = proxy.freeze();
    const frozen = status(proxy.url);
    await sleep(50);
    thaw();
    expect(await frozen).toBe(REFUSED);
    expect(proxy.requests).toEqual(['GET', 'GET', 'GET', 'GET', 'GET']);
  });
});

describe('an Azurite whose starter was killed', () => {
  it('ends as well', async () => {
    const script = new URL('../dist/index.js', import.meta.url).href;
    const code = `const { startAzurite } = await import('${script}');
      const azurite = await startAzurite();
      process.stdout.write(String(azurite.pid));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = (await once(child.stdout, 'data')) as [Buffer];
    expect(existsSync(`/proc/${pid.toString()}`)).toBe(true);
    child.kill('SIGKILL');
    const deadline = performance.now() + 5_000;
    while (existsSync(`/proc/${pid.toString()}`) && performance.now() < deadline) await sleep(20);
    expect(existsSync(`/proc/${pid.toString()}`)).toBe(false);
  }, 30_000);
});
