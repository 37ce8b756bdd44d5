import { describe, expect, it } from '@jest/globals';
import { delay, filter, firstValueFrom, map, toArray } from 'rxjs';
import { GuardedObservable } from '../../src/events/guarded-observable.js';

const thrown: unknown[] = [];
/** A few numbers, each at once. */
function numbers(): GuardedObservable<number> {
  thrown.length = 0;
  return new GuardedObservable<number>(
    (what) => thrown.push(what),
    (subscriber) => {
      for (const number of [1, 2, 3]) subscriber.next(number);
      subscriber.complete();
    },
  );
}
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('what a subscriber throws', () => {
  const fail = (number: number): void => {
    throw new Error(`fails at ${number}`);
  };

  it.each([
    ['as a function', (source: GuardedObservable<number>) => source.subscribe(fail)],
    ['as an object', (source: GuardedObservable<number>) => source.subscribe({ next: fail })],
    ['behind operators', (source: GuardedObservable<number>) => source.pipe(filter(Boolean)).subscribe(fail)],
    ['later', (source: GuardedObservable<number>) => source.pipe(delay(1)).subscribe(fail)],
    [
      'as a promise that rejects',
      (source: GuardedObservable<number>) => source.subscribe(async (number) => fail(number)),
    ],
  ])('is reported, and ends nothing: %s', async (_, subscribe) => {
    subscribe(numbers());
    await turn();
    expect(thrown.map(String)).toEqual(['Error: fails at 1', 'Error: fails at 2', 'Error: fails at 3']);
  });

  it('is reported when it completes, too', async () => {
    numbers().subscribe({ complete: () => fail(4) });
    await turn();
    expect(thrown.map(String)).toEqual(['Error: fails at 4']);
  });
});

describe('what an operator throws', () => {
  const failing = map((number: number) => {
    if (number === 2) throw new Error('fails');
    return number;
  });

  it('ends that subscription, and is reported', async () => {
    const seen: number[] = [];
    numbers()
      .pipe(failing)
      .subscribe((number) => seen.push(number));
    await turn();
    expect([seen, thrown.map(String)]).toEqual([[1], ['Error: fails']]);
  });

  it('goes to the subscriber if it handles errors', async () => {
    const handled: unknown[] = [];
    numbers()
      .pipe(failing)
      .subscribe({ error: (error) => handled.push(error) });
    await turn();
    expect([handled.map(String), thrown]).toEqual([['Error: fails'], []]);
  });

  it('rejects a promise that was made of it', async () => {
    await expect(firstValueFrom(numbers().pipe(failing, toArray()))).rejects.toThrow('fails');
    expect(thrown).toEqual([]);
  });
});

it('gives its values like any other', async () => {
  const seen: unknown[] = [];
  numbers().subscribe(
    (number) => seen.push(number),
    null,
    () => seen.push('end'),
  );
  expect(await firstValueFrom(numbers().pipe(toArray()))).toEqual([1, 2, 3]);
  expect(seen).toEqual([1, 2, 3, 'end']);
  await numbers().forEach((number) => seen.push(number));
  expect(seen).toHaveLength(7);
});
