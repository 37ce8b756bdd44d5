import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { WriteBundles } from '../src/write-bundles.js';

/** What a socket would have written, each write with the commands in it. */
class Socket {
  readonly writes: number[][] = [];
  #corked: number[] | null = null;

  cork(): void {
    this.#corked ??= [];
  }

  uncork(): void {
    if (this.#corked && this.#corked.length > 0) this.writes.push(this.#corked);
    this.#corked = null;
  }

  write(command: number): void {
    if (this.#corked) this.#corked.push(command);
    else this.writes.push([command]);
  }
}

function sender(stream = new Socket()) {
  const client = { stream } as unknown as ConstructorParameters<typeof WriteBundles>[0];
  const bundles = new WriteBundles(client);
  const send = (command: number): void => {
    bundles.next();
    stream.write(command);
  };
  return { send, writes: stream.writes };
}

describe('the commands of one turn', () => {
  it('leave at once if there is one alone', async () => {
    const { send, writes } = sender();
    send(1);
    expect(writes).toEqual([[1]]);
    await nextTurn();
    send(2);
    expect(writes).toEqual([[1], [2]]);
  });

  it('leave together at its end, those included that a promise has brought about', async () => {
    const { send, writes } = sender();
    for (const command of [1, 2, 3]) send(command);
    void Promise.resolve().then(() => send(4));
    expect(writes).toEqual([[1]]);
    await nextTurn();
    expect(writes).toEqual([[1], [2, 3, 4]]);
  });

  it('leave in bundles if there are many, and none is left behind', async () => {
    const { send, writes } = sender();
    for (let command = 0; command < 100; command++) send(command);
    await nextTurn();
    expect(writes.map(({ length }) => length)).toEqual([1, 16, 16, 16, 16, 16, 16, 3]);
    expect(writes.flat()).toEqual(Array.from({ length: 100 }, (_, command) => command));
    await nextTurn();
    send(100);
    expect(writes.at(-1)).toEqual([100]);
  });

  it('leave one by one where there is no one socket, as in a Cluster', () => {
    const bundles = new WriteBundles({} as ConstructorParameters<typeof WriteBundles>[0]);
    for (let command = 0; command < 40; command++) expect(() => bundles.next()).not.toThrow();
  });
});
