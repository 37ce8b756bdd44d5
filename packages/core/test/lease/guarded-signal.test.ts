import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { guardedAbortController } from '../../src/lease/guarded-signal.js';

function guarded() {
  const failures: unknown[] = [];
  return { failures, controller: guardedAbortController((thrown) => void failures.push(thrown)) };
}

describe('a guarded signal', () => {
  it('is an AbortSignal for everybody: fetch, timers, AbortSignal.any', async () => {
    const { controller } = guarded();
    const { signal } = controller;
    expect(signal).toBeInstanceOf(AbortSignal);
    const waiting = expect(delay(60_000, undefined, { signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    const any = AbortSignal.any([signal]);
    controller.abort(new Error('enough'));
    await waiting;
    expect(any.reason).toEqual(new Error('enough'));
    expect(() => signal.throwIfAborted()).toThrow('enough');
  });

  it('calls what listens, with the signal as `this`, once', () => {
    const { controller } = guarded();
    const heard: unknown[] = [];
    function listener(this: unknown, event: Event): void {
      heard.push([this === controller.signal, event.type]);
    }
    controller.signal.addEventListener('abort', listener);
    controller.signal.addEventListener('abort', listener);
    controller.signal.addEventListener('abort', { handleEvent: (event) => void heard.push(event.type) });
    controller.abort();
    controller.abort();
    expect(heard).toEqual([[true, 'abort'], 'abort']);
  });

  it('forgets a listener that was removed, and an `onabort` that was replaced', () => {
    const { controller } = guarded();
    const heard: string[] = [];
    const listener = (): void => void heard.push('removed');
    controller.signal.addEventListener('abort', listener);
    controller.signal.removeEventListener('abort', listener);
    controller.signal.onabort = () => void heard.push('replaced');
    controller.signal.onabort = () => void heard.push('onabort');
    controller.abort();
    expect(heard).toEqual(['onabort']);
  });

  it('reports what a listener throws, in whatever way it listens, and goes on', async () => {
    const { controller, failures } = guarded();
    const { signal } = controller;
    signal.addEventListener('abort', () => {
      throw new Error('thrown');
    });
    signal.addEventListener('abort', async () => Promise.reject(new Error('rejected')));
    signal.addEventListener('abort', {
      handleEvent() {
        throw new Error('handled');
      },
    });
    signal.onabort = () => {
      throw new Error('onabort');
    };
    controller.abort();
    await delay(5);
    expect(failures.map((failure) => (failure as Error).message).toSorted()).toEqual([
      'handled',
      'onabort',
      'rejected',
      'thrown',
    ]);
  });
});
