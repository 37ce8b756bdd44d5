import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { hooked, onAbort } from '../../src/lease/abort-hooks.js';

describe.each([
  ['a signal of ours', () => hooked(new AbortController())],
  ['a signal of somebody else', () => new AbortController()],
])('a hook on %s', (_, made) => {
  it('is called once, in the order in which the hooks were made, when the signal aborts', () => {
    const controller = made();
    const called: number[] = [];
    for (const n of [1, 2, 3]) onAbort(controller.signal, () => called.push(n));
    controller.abort();
    controller.abort();
    expect(called).toEqual([1, 2, 3]);
  });

  it('is not called once it is removed, however often that is done', () => {
    const controller = made();
    const called: number[] = [];
    const [, second] = [1, 2, 3].map((n) => onAbort(controller.signal, () => called.push(n)));
    second?.remove();
    second?.remove();
    controller.abort();
    expect(called).toEqual([1, 3]);
  });

  it('is not called if another hook has removed it, and may remove itself', () => {
    const controller = made();
    const called: number[] = [];
    const first = onAbort(controller.signal, () => {
      called.push(1);
      first.remove();
      second.remove();
    });
    const second = onAbort(controller.signal, () => called.push(2));
    onAbort(controller.signal, () => called.push(3));
    controller.abort();
    expect(called).toEqual([1, 3]);
  });
});

describe('the listeners of a signal', () => {
  it('are one for as long as it lives if it is ours', () => {
    const { signal } = hooked(new AbortController());
    const hooks = Array.from({ length: 100 }, () => onAbort(signal, () => {}));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const hook of hooks) hook.remove();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  });

  it('are those of the hooks that are left if it is somebody else’s', () => {
    const { signal } = new AbortController();
    const hook = onAbort(signal, () => {});
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    hook.remove();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
