import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StorageSharedKeyCredential } from '@azure/storage-blob';
import { AzureBlobLeaseProvider } from '../../src/index.js';

export const SECRET_KEY = Buffer.from('the secret key of the account').toString('base64');

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that answers as it is told, where Azure would be: for answers that Azurite does not give. */
export async function stubAzure(answer: Answer) {
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const accountUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/account`;
  const credential = new StorageSharedKeyCredential('account', SECRET_KEY);
  const provider = new AzureBlobLeaseProvider({ accountUrl, credential });
  return {
    accountUrl,
    provider,
    async [Symbol.asyncDispose]() {
      await provider.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

/** An error as Azure sends it. */
export function azureError(status: number, code: string): Answer {
  return (request, response) => {
    const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>No.\nRequestId:1\nTime:2</Message><AuthenticationErrorDetail>The MAC signature found in the HTTP request '${String(request.headers.authorization)}' is not the same</AuthenticationErrorDetail></Error>`;
    response
      .writeHead(status, {
        'content-type': 'application/xml',
        'x-ms-error-code': code,
        'x-ms-request-id': 'the-request-id',
        'content-length': Buffer.byteLength(body),
        date: new Date().toUTCString(),
      })
      .end(body);
  };
}
