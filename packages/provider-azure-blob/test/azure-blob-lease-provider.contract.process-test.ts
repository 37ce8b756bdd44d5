import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type AzuriteServer, findAzurite, type FoundAzurite, startAzurite } from '@leased-jobs/backends';
import { type ContractCase, providerContract } from '@leased-jobs/testing';
import { azuriteHarness } from './support/contract-harness.js';

describe('the azure-blob provider', () => {
  const verdicts = new Map<ContractCase, Promise<unknown>>();
  /** Names of containers that nobody else has, wherever the store is. */
  const prefix = `contract-${randomUUID().slice(0, 8)}`;
  let shared: FoundAzurite;
  let durable: AzuriteServer;

  const verdictOf = async (account: FoundAzurite, one: ContractCase): Promise<unknown> => {
    const n = providerContract.indexOf(one);
    const restart = (): Promise<void> => durable.restart({ keepData: true });
    await using harness = await azuriteHarness(account, `${prefix}-${n}`, restart);
    try {
      await one.run(harness, `contract #${n}`);
      return null;
    } catch (failure) {
      return failure;
    }
  };

  beforeAll(async () => {
    [shared, durable] = await Promise.all([findAzurite(), startAzurite({ durable: true })]);
    for (const one of providerContract.filter(isAlone)) {
      const verdict = verdictOf(shared, one);
      verdicts.set(one, verdict);
      await verdict;
    }
    let turn: Promise<unknown> = Promise.resolve();
    for (const one of providerContract.filter((other) => !isAlone(other))) {
      if (!RESTARTS.test(one.title)) verdicts.set(one, verdictOf(shared, one));
      else verdicts.set(one, (turn = turn.then(() => verdictOf(durable, one))));
    }
  }, 60_000);
  afterAll(async () => {
    await Promise.all([shared.stop(), durable.stop()]);
  });

  for (const one of providerContract) {
    // oxlint-disable-next-line jest/expect-expect -- a case asserts by itself
    it(`${one.id}: ${one.title}`, async () => {
      const failure = await verdicts.get(one);
      if (failure !== null) throw failure;
    }, 90_000);
  }
});

/** It counts what is opened in the whole process. */
function isAlone({ id }: ContractCase): boolean {
  return id === 'C13';
}

/** These end the store for a moment, so they have one of their own, one after another. */
const RESTARTS = /(a|and) restart$/;
