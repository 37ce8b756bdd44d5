import { createHmac } from 'node:crypto';

/** A SAS for the blobs and containers of an account, as it stands in the query of a URL. Made without the SDK. */
export function accountSas(
  connectionString: string,
  {
    permissions,
    expires = Date.now() + 3_600_000,
  }: { readonly permissions: string; readonly expires?: number },
): { readonly query: string; readonly signature: string } {
  const part = (name: string): string => new RegExp(`${name}=([^;]+)`).exec(connectionString)?.[1] ?? '';
  const expiry = `${new Date(expires).toISOString().slice(0, 19)}Z`;
  const signed = [part('AccountName'), permissions, 'b', 'co', '', expiry, '', '', VERSION, '', ''].join(
    '\n',
  );
  const signature = createHmac('sha256', Buffer.from(part('AccountKey'), 'base64'))
    .update(signed)
    .digest('base64');
  const query = new URLSearchParams({
    sv: VERSION,
    ss: 'b',
    srt: 'co',
    sp: permissions,
    se: expiry,
    sig: signature,
  });
  return { query: query.toString(), signature };
}

const VERSION = '2021-12-02';
