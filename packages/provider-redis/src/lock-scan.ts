import { keyPattern, lockOfKey } from './lock-keys.js';
import { type RedisClusterClient, type RedisServerClient, serversOf } from './redis-client.js';
import type { ScriptRunner } from './script-runner.js';

interface ScanContext {
  readonly client: RedisServerClient | RedisClusterClient;
  readonly runner: ScriptRunner;
  readonly keyPrefix: string;
}

/** The names of all locks that begin with `prefix`, each once, some at a time. */
export async function* locksOf(
  { client, runner, keyPrefix }: ScanContext,
  prefix: string,
  signal: AbortSignal,
): AsyncIterable<readonly string[]> {
  const pattern = literal(keyPrefix) + keyPattern(prefix);
  const seen = new Set<string>();
  // Asked through the runner, for only a client that is connected knows its servers.
  const servers = await runner.ask(async () => serversOf(client), signal);
  for (const server of servers) {
    let cursor = '0';
    do {
      const from = cursor;
      const [next, keys] = await runner.ask(() => server.scan(from, 'MATCH', pattern, 'COUNT', PAGE), signal);
      const locks = keys
        .map((key) => lockOfKey(key.slice(keyPrefix.length)))
        .filter((lock): lock is string => lock?.startsWith(prefix) === true && !seen.has(lock));
      const found = [...new Set(locks)];
      for (const lock of found) seen.add(lock);
      yield found;
      cursor = next;
    } while (cursor !== '0');
  }
}

function literal(text: string): string {
  return text.replaceAll(/[*?[\]\\^-]/g, String.raw`\$&`);
}

/** Keys that Redis looks at in one step. It answers nobody else meanwhile: a thousand are well below a millisecond. */
const PAGE = 1_000;
