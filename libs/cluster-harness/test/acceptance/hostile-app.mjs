// An app in which everything throws that can throw: handlers, listeners, and the store. It prints what was logged and
// which events came, and ends with code 0 only if nothing got out.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MemoryLeaseProvider } from '@leased-jobs/core';
import { ExclusiveInterval, LeasedJobs, LeasedJobsModule } from '@leased-jobs/nestjs';

const counts = {};
const count = (what) => (counts[what] = (counts[what] ?? 0) + 1);

/** Every third call fails: thrown at once, or by a rejection, and not always with an error. */
class HostileProvider extends MemoryLeaseProvider {
  #calls = 0;
  #releases = 0;
  acquire(...args) {
    const call = this.#calls++;
    if (call % 6 === 2) throw new Error('the store throws');
    if (call % 6 === 5) return Promise.reject('the store rejects with a string');
    return super.acquire(...args);
  }
  renew() {
    throw null;
  }
  async release(...args) {
    if (this.#releases++ % 4 === 0) throw new TypeError('the store cannot release');
    return super.release(...args);
  }
}

class Jobs {
  throws() {
    count('throws');
    throw new Error('thrown by a handler');
  }
  async rejects() {
    count('rejects');
    throw undefined;
  }
  async throwsInListener(run) {
    count('throwsInListener');
    run.signal.addEventListener('abort', () => {
      throw new Error('thrown by an abort listener');
    });
    run.signal.addEventListener('abort', async () => {
      throw new Error('rejected by an abort listener');
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  async losesItsLease(run) {
    count('losesItsLease');
    // No renewal ever succeeds, so this goes on until the validity deadline.
    await new Promise((_resolve, reject) =>
      run.signal.addEventListener('abort', () => reject(run.signal.reason)),
    );
  }
}
function job(method, ms, options) {
  ExclusiveInterval(ms, options)(
    Jobs.prototype,
    method,
    Object.getOwnPropertyDescriptor(Jobs.prototype, method),
  );
}
job('throws', 100, 'throws');
job('rejects', 100, 'rejects');
job('throwsInListener', 100, { lock: 'throwsInListener', maxRuntime: 20 });
job('losesItsLease', 500, { lock: 'losesItsLease', ttl: 1_500 });

class AppModule {}
Module({
  imports: [LeasedJobsModule.forRoot({ backend: new HostileProvider(), namespace: 'hostile' })],
  providers: [Jobs],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { abortOnError: false });
const { events } = app.get(LeasedJobs);
events.subscribe(({ type }) => count(type));
events.subscribe(() => {
  throw new Error('thrown by a subscriber');
});
// However slow this machine is, all that the test counts comes about, within a bound.
const enough = () =>
  ['throws', 'rejects', 'throwsInListener', 'listener-failed'].every((what) => counts[what] > 5) &&
  counts.lost > 1;
const began = Date.now();
const look = setInterval(() => {
  if (!enough() && Date.now() - began < 25_000) return;
  clearInterval(look);
  void app.close().then(() => console.log(`COUNTS ${JSON.stringify(counts)}`));
}, 100);
