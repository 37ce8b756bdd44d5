import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from './together.js';

/** A folder of its own. */
export async function openFolder(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'leased-jobs-store-'));
  return {
    env: { LEASED_JOBS_BACKEND: 'file', LEASED_JOBS_DIRECTORY: folder },
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
