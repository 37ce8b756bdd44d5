import { afterEach } from '@jest/globals';

/** A request, as the other side sees it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** What the other side answers: a text, or a status. */
export type Answer = string | number;

/**
 * The services that a recipe calls by `fetch`, in this process: a request is answered by `serve`, and given up when its signal
 * aborts. Tells how many requests were under way at once.
 */
export function fakeFetch(serve: (request: Received) => Answer | Promise<Answer>): {
  readonly busiest: number;
} {
  const load = { now: 0, busiest: 0 };
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    load.busiest = Math.max(load.busiest, ++load.now);
    try {
      const { method, headers } = request;
      const { pathname, search } = new URL(request.url);
      const body = typeof init?.body === 'string' ? init.body : '';
      const answer = serve({ method, path: pathname + search, headers, body });
      return responseOf(await unlessAborted(request.signal, answer));
    } finally {
      load.now--;
    }
  };
  return load;
}

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

async function unlessAborted<T>(signal: AbortSignal, answer: T | Promise<T>): Promise<T> {
  let giveUp = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp);
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

function responseOf(answer: Answer): Response {
  return typeof answer === 'string' ? new Response(answer) : new Response(null, { status: answer });
}
