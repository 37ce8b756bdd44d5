import { BATCH, BATCHED, FAILED } from './batch-script.js';
import type { LuaScript } from './lua-script.js';
import type { RedisClient } from './redis-client.js';
import { cannotGoTogether, isNoScript } from './redis-store-error.js';

export interface ScriptCall {
  readonly script: LuaScript;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
}

/**
 * Has the calls of one turn of the event loop leave together, up to 16 of them in one command: a command costs both sides
 * more than what it does. The first leaves at once, so that one alone is not kept waiting; a batch is small enough that the
 * server works on it while the next one grows, and that others do not wait long for it.
 *
 * Each call is answered as if it had been sent alone, and they are made in the order in which they came. A Cluster is sent
 * each alone, and so is a server that turns out to be one behind a single address, for the keys of a command must lie
 * together there.
 */
export class ScriptBatches {
  readonly #client: RedisClient;
  #isOff: boolean;
  /** In this turn. */
  #calls = 0;
  #gathered: Gathered[] = [];

  constructor(client: RedisClient) {
    this.#client = client;
    this.#isOff = client.isCluster;
  }

  /** A script that the server does not know by its name may be what it rejects with. */
  call(call: ScriptCall, signal: AbortSignal): Promise<unknown> {
    if (this.#isOff) return this.#alone(call);
    if (this.#calls++ === 0) process.nextTick(this.#endTurn);
    else if (BATCHED.includes(call.script)) return this.#gather(call, signal);
    this.#flush();
    return this.#alone(call);
  }

  #gather(call: ScriptCall, signal: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#gathered.push({ call, signal, resolve, reject }) === MOST) this.#flush();
    });
  }

  /** Runs when what this turn has brought about is done, promises included. */
  readonly #endTurn = (): void => {
    this.#calls = 0;
    this.#flush();
  };

  #flush(): void {
    const gathered = this.#gathered;
    if (gathered.length === 0) return;
    this.#gathered = [];
    if (gathered.length === 1) this.#eachAlone(gathered);
    else void this.#together(gathered); // It settles the promise of each, and never rejects.
  }

  #alone({ script, keys, args }: ScriptCall): Promise<unknown> {
    return this.#client.evalsha(script.sha, keys.length, ...keys, ...args);
  }

  #eachAlone(gathered: readonly Gathered[]): void {
    for (const { call, resolve, reject } of gathered) {
      // What a client throws instead of rejecting would have no one to catch it.
      new Promise((answer) => answer(this.#alone(call))).then(resolve, reject);
    }
  }

  async #together(gathered: readonly Gathered[]): Promise<void> {
    try {
      settle(gathered, await this.#client.evalsha(BATCH.sha, ...wordsOf(gathered)));
    } catch (thrown) {
      // The server has done nothing then. What was given up meanwhile is not sent again: it may have been given back.
      const wanted = gathered.filter(({ signal }) => !signal.aborted);
      this.#isOff ||= cannotGoTogether(thrown);
      if (cannotGoTogether(thrown)) this.#eachAlone(wanted);
      else if (isNoScript(thrown)) await this.#byText(wanted);
      else for (const { reject } of gathered) reject(thrown);
    }
  }

  async #byText(gathered: readonly Gathered[]): Promise<void> {
    if (gathered.length === 0) return;
    try {
      settle(gathered, await this.#client.eval(BATCH.source, ...wordsOf(gathered)));
    } catch (thrown) {
      for (const { reject } of gathered) reject(thrown);
    }
  }
}

function wordsOf(gathered: readonly Gathered[]): [keyCount: number, ...(string | number)[]] {
  const keys: string[] = [];
  const args: (string | number)[] = [];
  for (const { call } of gathered) {
    keys.push(...call.keys);
    args.push(BATCHED.indexOf(call.script) + 1, call.keys.length, call.args.length, ...call.args);
  }
  return [keys.length, ...keys, ...args];
}

function settle(gathered: readonly Gathered[], answers: unknown): void {
  for (const [n, { resolve, reject }] of gathered.entries()) {
    const answer = (answers as readonly unknown[])[n];
    if (Array.isArray(answer) && answer[0] === FAILED) reject(failureOf(answer[1]));
    else resolve(answer);
  }
}

/** Before Redis 7, what a script met is told after where it met it. */
function failureOf(text: unknown): Error {
  return new Error(String(text).replace(/^@?user_script: ?\d+: -?/, ''));
}

interface Gathered {
  readonly call: ScriptCall;
  readonly signal: AbortSignal;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (thrown: unknown) => void;
}

const MOST = 16;
