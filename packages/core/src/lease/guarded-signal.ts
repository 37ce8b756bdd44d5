/**
 * An abort controller whose listeners cannot end the process.
 *
 * Node turns an error thrown by an abort listener into an uncaught exception. A listener on a lease's signal is a
 * user's code that runs because of *our* timer, so what it throws, or what its promise rejects with, goes to
 * `onListenerError` instead.
 */
export function guardedAbortController(onListenerError: (thrown: unknown) => void): AbortController {
  const controller = new AbortController();
  const { signal } = controller;
  const guards = new WeakMap<object, (event: Event) => void>();

  const guard = (listener: Listener): ((event: Event) => void) => {
    let guarded = guards.get(listener);
    if (!guarded) {
      guarded = (event) => {
        void settle(() => callListener(listener, signal, event), onListenerError);
      };
      guards.set(listener, guarded);
    }
    return guarded;
  };
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  let onabort: AbortSignal['onabort'] = null;
  let handler: ((event: Event) => unknown) | null = null;

  Object.defineProperties(signal, {
    addEventListener: {
      value: (type: string, listener: Listener | null, options?: AddOptions) => {
        if (listener) add(type, guard(listener), options);
      },
    },
    removeEventListener: {
      value: (type: string, listener: Listener | null, options?: AddOptions) => {
        if (listener) remove(type, guards.get(listener) ?? listener, options);
      },
    },
    onabort: {
      get: () => onabort,
      set: (next: AbortSignal['onabort']) => {
        if (handler) signal.removeEventListener('abort', handler);
        onabort = typeof next === 'function' ? next : null;
        handler = onabort && ((event) => onabort?.call(signal, event) as unknown);
        if (handler) signal.addEventListener('abort', handler);
      },
    },
  });
  return controller;
}

type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };
type AddOptions = Parameters<AbortSignal['addEventListener']>[2];

function callListener(listener: Listener, signal: AbortSignal, event: Event): unknown {
  return typeof listener === 'function' ? listener.call(signal, event) : listener.handleEvent(event);
}

async function settle(call: () => unknown, onError: (thrown: unknown) => void): Promise<void> {
  try {
    await call();
  } catch (thrown) {
    onError(thrown);
  }
}
