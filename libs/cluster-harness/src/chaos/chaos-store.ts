import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AzuriteServer, startAzurite, startRedis } from '@leased-jobs/backends';
import { BlobServiceClient } from '@azure/storage-blob';
import type { StoreDisturbance } from './disturbance.js';
import type { ChaosBackend } from './plan.js';

/** A store of its own for one cluster, and what can be done to it. */
export interface ChaosStore extends AsyncDisposable {
  /** What tells an instance to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when it is over. Durations are milliseconds. */
  disturb(kind: StoreDisturbance, duration: number): Promise<void>;
}

export function openChaosStore(backend: ChaosBackend): Promise<ChaosStore> {
  return OPEN[backend]();
}

const OPEN: Readonly<Record<ChaosBackend, () => Promise<ChaosStore>>> = {
  file: openFolder,
  redis: openRedis,
  'azure-blob': openBlobs,
};

async function openFolder(): Promise<ChaosStore> {
  const folder = mkdtempSync(join(tmpdir(), 'leased-jobs-store-'));
  return {
    env: { LEASED_JOBS_BACKEND: 'file', LEASED_JOBS_DIRECTORY: folder },
    disturb: impossible,
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openRedis(): Promise<ChaosStore> {
  const server = await startRedis({ durable: true });
  return {
    env: { LEASED_JOBS_BACKEND: 'redis', REDIS_URL: server.url },
    async disturb(kind, duration) {
      switch (kind) {
        case 'store-down':
          await server.kill();
          await sleep(duration);
          return server.restart({ keepData: true });
        case 'store-frozen':
          await server.freeze();
          await sleep(duration);
          return server.thaw();
        case 'store-emptied':
          return server.restart({ keepData: false });
        case 'flush':
          return expectReply(await server.command('FLUSHALL'), /^\+OK$/);
        case 'forget-lock':
          // There is none between two runs.
          return expectReply(await server.command('DEL', 'leased-jobs:{worker/work}:lease'), /^:[01]$/);
        case 'break':
          break;
      }
      return impossible(kind);
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

async function openBlobs(): Promise<ChaosStore> {
  const server = await startAzurite({ durable: true });
  const container = BlobServiceClient.fromConnectionString(server.connectionString).getContainerClient(
    'worker',
  );
  const blob = container.getBlockBlobClient('worker/work.json');
  const breakLease = async (): Promise<void> => {
    await blob
      .getBlobLeaseClient()
      .breakLease(0, { abortSignal: AbortSignal.timeout(CALL_TIMEOUT) })
      .catch((thrown: unknown) => ifNothingIsThere(thrown));
  };
  return {
    env: {
      LEASED_JOBS_BACKEND: 'azure-blob',
      LEASED_JOBS_CONTAINER: container.containerName,
      AZURE_STORAGE_CONNECTION_STRING: server.connectionString,
    },
    async disturb(kind, duration) {
      switch (kind) {
        case 'store-down':
          return restarted(server, { keepData: true });
        case 'store-frozen':
          await server.freeze();
          await sleep(duration);
          return server.thaw();
        case 'store-emptied':
          return restarted(server, { keepData: false });
        case 'break':
          return breakLease();
        case 'forget-lock':
          // A blob cannot be deleted under a lease, and somebody may be granted one in between.
          for (let tries = 0; tries < MAX_TRIES; tries++) {
            await breakLease();
            if (await deleted(() => blob.delete({ abortSignal: AbortSignal.timeout(CALL_TIMEOUT) }))) return;
          }
          return;
        case 'flush':
          break;
      }
      return impossible(kind);
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** On a machine that is busy with all this, Azurite may take longer to start than it is given. */
async function restarted(server: AzuriteServer, options: { readonly keepData: boolean }): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await server.restart(options);
    } catch (thrown) {
      if (tries === MAX_TRIES) throw thrown;
    }
  }
}

async function deleted(deletion: () => Promise<unknown>): Promise<boolean> {
  try {
    await deletion();
    return true;
  } catch (thrown) {
    if (statusOf(thrown) === 412) return false;
    ifNothingIsThere(thrown);
    return true;
  }
}

/** 404: no blob yet. 409: no lease to break. */
function ifNothingIsThere(thrown: unknown): void {
  if (statusOf(thrown) !== 404 && statusOf(thrown) !== 409) throw thrown;
}

function statusOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : null;
}

/** Or nothing was done to the store, and nothing is shown. */
function expectReply(reply: string, expected: RegExp): void {
  if (!expected.test(reply)) throw new Error(`Redis answered ${reply}.`);
}

async function impossible(kind: StoreDisturbance): Promise<never> {
  throw new Error(`This store cannot be disturbed by "${kind}".`);
}

/** Milliseconds. */
const CALL_TIMEOUT = 5_000;
const MAX_TRIES = 5;
