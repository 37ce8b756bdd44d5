import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { untilAborted } from '../../src/lease/until-aborted.js';

const REASON = new Error('enough');

describe('work that is waited for until a signal aborts', () => {
  it('settles as the work does', async () => {
    const { signal } = new AbortController();
    await expect(untilAborted(signal, async () => 7)).resolves.toBe(7);
    await expect(untilAborted(signal, () => Promise.reject(REASON))).rejects.toBe(REASON);
  });

  it('settles as what is done instead does, once the work has failed', async () => {
    const { signal } = new AbortController();
    const work = (): Promise<number> => Promise.reject(REASON);
    await expect(untilAborted(signal, work, async (thrown) => (thrown === REASON ? 7 : 0))).resolves.toBe(7);
    const other = new Error('nor that');
    await expect(untilAborted(signal, work, () => Promise.reject(other))).rejects.toBe(other);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is left with the reason of the signal if it hangs, and may fail later unheard', async () => {
    const controller = new AbortController();
    let fail: ((error: Error) => void) | undefined;
    const left = untilAborted(controller.signal, () => new Promise((_, reject) => (fail = reject)));
    controller.abort(REASON);
    await expect(left).rejects.toBe(REASON);
    fail?.(new Error('too late for anybody'));
    await new Promise(setImmediate);
  });

  it('leaves nothing on the signal if it throws instead of rejecting', async () => {
    const { signal } = new AbortController();
    const work = (): Promise<never> => {
      throw REASON;
    };
    await expect(untilAborted(signal, work)).rejects.toBe(REASON);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('does not begin once the signal has aborted', async () => {
    let begun = false;
    const work = async (): Promise<void> => void (begun = true);
    await expect(untilAborted(AbortSignal.abort(REASON), work)).rejects.toBe(REASON);
    expect(begun).toBe(false);
  });
});
