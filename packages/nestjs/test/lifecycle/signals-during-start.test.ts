import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { stoppedBySignals, type SignalTarget } from '../../src/lifecycle/signals-during-start.js';

class FakeProcess extends EventEmitter implements SignalTarget {
  readonly pid = 7;

  kill(pid: number, signal: NodeJS.Signals): void {
    log.push(`kill ${pid} ${signal}`);
  }

  get listeningFor(): (string | symbol)[] {
    return this.eventNames();
  }

  /** As the system does: with the name of the signal, or by an end if nobody listens. */
  send(signal: NodeJS.Signals): void {
    if (!this.emit(signal, signal)) log.push(`ended by ${signal}`);
  }
}

let target: FakeProcess;
let work: PromiseWithResolvers;
let drain: PromiseWithResolvers;
const log: string[] = [];
beforeEach(() => {
  log.length = 0;
  target = new FakeProcess();
  work = withResolvers();
  drain = withResolvers();
});

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((...settle) => ([resolve, reject] = settle));
  return { promise, resolve, reject };
}

/** What comes of it is in the log, too. */
async function begin(): Promise<void> {
  const stop = (): Promise<void> => {
    log.push('stop');
    return drain.promise;
  };
  await stoppedBySignals(() => work.promise, stop, target).then(
    () => log.push('started'),
    (thrown: Error) => log.push(thrown.message),
  );
}

describe('a start', () => {
  it('that is not interrupted leaves no listener, whether it ends well or not', async () => {
    const first = begin();
    expect(target.listeningFor).toEqual(['SIGTERM', 'SIGINT']);
    work.resolve();
    await first;
    expect(target.listeningFor).toEqual([]);
    work = withResolvers();
    const second = begin();
    work.reject(new Error('column missing'));
    await second;
    expect(target.listeningFor).toEqual([]);
    expect(log).toEqual(['started', 'column missing']);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'is stopped by %s, which is sent again after the drain, and before anybody sees the rejection',
    async (signal) => {
      const starting = begin();
      target.send(signal);
      expect(target.listeningFor).toEqual([]);
      work.reject(new Error('the app is shutting down'));
      await turn();
      expect(log).toEqual(['stop']);
      drain.resolve();
      await starting;
      expect(log).toEqual(['stop', `kill 7 ${signal}`, 'the app is shutting down']);
    },
  );

  it('is ended after the drain even if its work goes on', async () => {
    const starting = begin();
    target.send('SIGTERM');
    drain.resolve();
    await turn();
    expect(log).toEqual(['stop', 'kill 7 SIGTERM']);
    work.resolve();
    await starting;
  });

  it('does not go on if its work has ended well although it was to stop', async () => {
    const starting = begin();
    target.send('SIGTERM');
    work.resolve();
    drain.resolve();
    await starting;
    expect(log).toEqual(['stop', 'kill 7 SIGTERM', 'The app was told to stop by SIGTERM while it started.']);
  });

  it('is ended at once by a second signal, of either kind', async () => {
    const starting = begin();
    target.send('SIGTERM');
    target.send('SIGINT');
    target.send('SIGTERM');
    expect(log).toEqual(['stop', 'ended by SIGINT', 'ended by SIGTERM']);
    work.resolve();
    drain.resolve();
    await starting;
  });

  it('leaves a signal to whoever listens for it already', async () => {
    target.on('SIGTERM', () => log.push('shutdown hook'));
    const starting = begin();
    expect(target.listenerCount('SIGTERM')).toBe(1);
    expect(target.listenerCount('SIGINT')).toBe(1);
    target.send('SIGTERM');
    work.resolve();
    await starting;
    expect(log).toEqual(['shutdown hook', 'started']);
    expect(target.listeningFor).toEqual(['SIGTERM']);
  });

  it('is not ended by a signal that somebody listens for when the drain has ended', async () => {
    const starting = begin();
    target.send('SIGTERM');
    target.on('SIGTERM', () => {});
    work.reject(new Error('the app is shutting down'));
    drain.resolve();
    await starting;
    expect(log).toEqual(['stop', 'the app is shutting down']);
  });
});
