import { openFolder } from '../acceptance/folder-store.js';
import { describeKinds } from './kinds.js';

describeKinds('files', openFolder, {
  ttl: 3_000,
  kills: 3,
  // The others see that the process is gone.
  takeover: 1_500,
  stops: 5,
  handOver: 1_000,
  // A folder tells nobody that a service goes on: it is asked for once in a minute.
  paused: 'report',
  pause: 10_000,
  delay: 700,
  // The steps of a host's clock.
  apart: 20,
});
