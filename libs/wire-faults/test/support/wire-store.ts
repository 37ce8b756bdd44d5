import { azuriteConnectionString, startAzurite, startRedis } from '@leased-jobs/backends';
import type { LeaseProvider } from '@leased-jobs/core';
import { AzureBlobLeaseProvider } from '@leased-jobs/provider-azure-blob';
import { RedisLeaseProvider, redisOptions } from '@leased-jobs/provider-redis';
import { Redis } from 'ioredis';
import { HTTP, type Protocol, RESP, type WireMessage } from '../../src/index.js';

/** A real server, and how it is reached on whichever port. */
export interface WireStore extends AsyncDisposable {
  readonly port: number;
  readonly protocol: Protocol;
  /** Milliseconds, both: the ttl of the leases here, and how late the store may find one expired. */
  readonly ttl: number;
  readonly granularity: number;
  readonly providerAt: (port: number) => LeaseProvider;
  /** Whether a request is one that a call of the provider has made, and not one that sets up a connection. */
  readonly isCall: (request: WireMessage) => boolean;
  /** Stops the server's process, and lets it go on. */
  readonly freeze: () => Promise<void>;
  readonly thaw: () => Promise<void>;
}

export async function openRedis(ttl = 3_000): Promise<WireStore> {
  const server = await startRedis();
  const store: WireStore = {
    port: server.port,
    protocol: RESP,
    ttl,
    granularity: 50,
    providerAt: (port) => {
      const client = new Redis({ ...redisOptions, host: '127.0.0.1', port });
      return new RedisLeaseProvider(client, { closeClient: true });
    },
    isCall: ({ name }) => name === 'EVALSHA',
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
  await warmUp(store);
  return store;
}

export async function openAzurite(): Promise<WireStore> {
  const server = await startAzurite();
  const account = new URL(server.url);
  const store: WireStore = {
    port: server.port,
    protocol: HTTP,
    ttl: 15_000,
    granularity: 1_000,
    providerAt: (port) => {
      account.port = String(port);
      return new AzureBlobLeaseProvider({ connectionString: azuriteConnectionString(account.href) });
    },
    isCall: () => true,
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
  await warmUp(store);
  return store;
}

/** So that no case meets a script that Redis does not know, or a container that is not there yet. */
async function warmUp({ providerAt, port, ttl }: WireStore): Promise<void> {
  const provider = providerAt(port);
  const signal = AbortSignal.timeout(10_000);
  const request = { lock: 'warm-up', grantId: crypto.randomUUID(), holder: 'nobody', ttl };
  const answer = await provider.acquire(request, signal);
  if ('refused' in answer) throw new Error(`The warm-up was refused: ${answer.refused}`);
  await provider.renew(answer, ttl, signal);
  await provider.renewMany?.([answer], ttl, signal);
  await provider.release(answer, {}, signal);
  await provider.close();
}
