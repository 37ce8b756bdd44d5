import { openAzurite } from '../acceptance/azure-store.js';
import { describeKinds } from './kinds.js';

/** The shortest that Azure has. A blob tells nobody of a release. */
const TTL = 15_000;
const UNTIL_ASKED = TTL + TTL / 4 + 2_000;

describeKinds('blobs', openAzurite, {
  ttl: TTL,
  kills: 1,
  takeover: UNTIL_ASKED,
  stops: 1,
  handOver: UNTIL_ASKED,
  // Only the holder of a lock can write there, so that a service which goes on cannot be paused.
  paused: 'report',
  pause: 20_000,
  delay: 3_000,
  // The time in the store's answers is told in whole seconds.
  apart: 1_000,
});
