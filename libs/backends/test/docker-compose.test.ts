import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { blobAccount } from '../src/blob-account.js';

const root = join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

describe('docker-compose.yml', () => {
  const compose = read('docker-compose.yml');

  it('opens the ports that the README names, on this machine only', () => {
    const ports = [...compose.matchAll(/^ +- '([\d.:]+)'$/gm)].map(([, port]) => port);
    expect(ports).toEqual(['127.0.0.1:6379:6379', '127.0.0.1:10000:10000']);
    expect(read('README.md')).toContain('REDIS_URL=redis://127.0.0.1:6379');
    expect(read('README.md')).toContain('AZURE_STORAGE_CONNECTION_STRING=UseDevelopmentStorage=true');
    expect(blobAccount('UseDevelopmentStorage=true').url).toContain('127.0.0.1:10000');
  });

  it('has the Azurite that the tests start otherwise', () => {
    const { devDependencies } = JSON.parse(read('libs/backends/package.json')) as {
      devDependencies: Record<string, string>;
    };
    expect(`~${/azurite:([\d.]+)$/m.exec(compose)?.[1]}`).toBe(devDependencies['azurite']);
  });

  it('checks the health of each service, and keeps no data', () => {
    expect(compose.match(/^ {4}image:/gm)).toHaveLength(2);
    expect(compose.match(/^ {4}healthcheck:/gm)).toHaveLength(2);
    expect(compose.match(/^ {4}tmpfs: \['\/data'\]/gm)).toHaveLength(2);
    expect(compose).not.toContain('volumes:');
  });
});
