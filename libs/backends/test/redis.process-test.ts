import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startRedis, startRedisCluster, type RedisServer } from '../src/index.js';
import { redisCommand } from '../src/redis-command.js';

describe('a Redis server of our own', () => {
  let server: RedisServer;
  beforeEach(async () => {
    server = await startRedis({ durable: true });
  });
  afterEach(() => server.stop());

  it('answers under its URL, and is gone when stopped', async () => {
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
    expect(await server.command('PING')).toBe('+PONG');
    await server.stop();
    await expect(server.command('PING')).rejects.toThrow('ECONNREFUSED');
  });

  it('answers nothing while it is frozen, and goes on when thawed', async () => {
    await server.freeze();
    await expect(redisCommand(server.port, ['PING'], 100)).rejects.toThrow('did not answer PING');
    await server.thaw();
    expect(await server.command('PING')).toBe('+PONG');
  });

  it('keeps its data over a restart, or loses them, as it is told', async () => {
    await server.command('SET', 'a', 'b');
    await server.restart({ keepData: true });
    expect(await server.command('GET', 'a')).toBe('$1\r\nb');
    await server.restart({ keepData: false });
    expect(await server.command('GET', 'a')).toBe('$-1');
  });

  it('says why a server could not be started', async () => {
    await expect(startRedis({ settings: { nonsense: '1' } })).rejects.toThrow('nonsense');
  });
});

describe('a Redis server whose starter was killed', () => {
  it('ends as well', async () => {
    const script = new URL('../dist/index.js', import.meta.url).href;
    const code = `const { startRedis } = await import('${script}');
      console.log((await startRedis()).port);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const answers = (): Promise<boolean> =>
      redisCommand(Number(line.toString()), ['PING']).then(
        () => true,
        () => false,
      );
    expect(await answers()).toBe(true);
    child.kill('SIGKILL');
    const deadline = performance.now() + 5_000;
    while ((await answers()) && performance.now() < deadline) await sleep(20);
    expect(await answers()).toBe(false);
  });
});

describe('a Redis Cluster of our own', () => {
  it('serves every slot, and sends a client on to the node that has it', async () => {
    const cluster = await startRedisCluster();
    try {
      const replies = await Promise.all(cluster.nodes.map((node) => node.command('SET', 'foo', 'bar')));
      expect(replies.filter((reply) => reply === '+OK')).toHaveLength(1);
      expect(replies.filter((reply) => reply.startsWith('-MOVED 12182 127.0.0.1:'))).toHaveLength(2);
    } finally {
      await cluster.stop();
    }
  }, 60_000);
});
