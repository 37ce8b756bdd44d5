import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Where programs are looked for, and how one more is installed; `null` where that cannot be done. */
export interface System {
  readonly folders: readonly string[];
  readonly install: (() => Promise<unknown>) | null;
}

/**
 * The path of a `redis-server`. Where there is none, and this is Debian or Ubuntu under root, it is installed; the
 * service that comes with the package is not started.
 *
 * @throws Error that says how else a Redis can be had.
 */
export async function redisBinary(system = thisSystem()): Promise<string> {
  const found = findIn(system.folders);
  if (found) return found;
  if (!system.install) throw new Error(HOW_TO_GET_ONE);
  try {
    await system.install();
  } catch (thrown) {
    throw new Error(HOW_TO_GET_ONE, { cause: thrown });
  }
  const installed = findIn(system.folders);
  if (installed) return installed;
  throw new Error(HOW_TO_GET_ONE);
}

function thisSystem(): System {
  const install = (): Promise<unknown> =>
    promisify(execFile)('sh', ['-c', INSTALL], { timeout: INSTALL_TIMEOUT });
  return {
    folders: [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'],
    install: canInstall() ? install : null,
  };
}

function findIn(folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, 'redis-server')).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function canInstall(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && /debian|ubuntu/i.test(systemName());
}

function systemName(): string {
  try {
    const release = readFileSync('/etc/os-release', 'utf8');
    return release.match(/^ID(_LIKE)?=.*$/gm)?.join() ?? '';
  } catch {
    return '';
  }
}

const HOW_TO_GET_ONE =
  'There is no redis-server on this machine, and it cannot be installed from here. Install it or, for the tests that ' +
  'neither end nor freeze a server, run "docker compose up -d" and set REDIS_URL=redis://127.0.0.1:6379';

/**
 * One installation at a time: `flock` lets go when its process ends, however it ends. `policy-rc.d` is how Debian is
 * told to start no service; one that is there already is left alone.
 */
const INSTALL = `
exec flock --timeout 300 /tmp/leased-jobs-install-redis.lock sh -c '
  command -v redis-server && exit 0
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\\nexit 101\\n" > "$policy" && chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update && apt-get install -y --no-install-recommends redis-server
'`;

/** Milliseconds. The mirror may be slow, and another process may be at it first. */
const INSTALL_TIMEOUT = 600_000;
