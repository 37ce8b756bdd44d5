/**
 * An instance that knows of no lease: each one runs every slot, with a token that it counts by itself. Alone it is a
 * good cluster, two of them are not.
 *
 * Arguments: `crash-at-start`, `never-start`, `deaf` (to SIGTERM), `reject` (a promise that nobody handles).
 */
import { Journal } from '@leased-jobs/cluster-harness';

const PERIOD = 50;
const [mode] = process.argv.slice(2);

if (mode === 'crash-at-start') throw new Error('no store to be found');

const journal = Journal.fromEnv();
let fencingToken = 0;
let lastSlot = 0;
let busy = false;

function run() {
  const slot = Math.floor(Date.now() / PERIOD) * PERIOD;
  if (busy || slot <= lastSlot) return;
  busy = true;
  lastSlot = slot;
  fencingToken += 1;
  const log = journal.runStarted({ job: 'newsletter', lock: 'mail', slot, fencingToken, attempt: 1 });
  log.step(() => {});
  setTimeout(() => {
    log.step(() => {});
    log.ended('succeeded');
    busy = false;
  }, PERIOD / 2);
}

process.stdout.write(`pid: ${process.pid}\n`);
process.stdout.write(`args: ${process.argv.slice(2).join(' ')}\n`);
process.stdout.write(`env: ${process.env.GREETING}, ${process.env.NODE_OPTIONS}\n`);
const timer = setInterval(run, 5);
if (mode !== 'never-start') journal.started();
if (mode === 'reject') void Promise.reject(new Error('nobody handles me'));

process.on('SIGTERM', () => {
  if (mode === 'deaf') return;
  clearInterval(timer);
  setTimeout(() => {
    journal.stopped();
  }, PERIOD);
});
