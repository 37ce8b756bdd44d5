import { openRedis } from '../acceptance/redis-store.js';
import { describeKinds } from './kinds.js';

describeKinds('Redis', openRedis, {
  ttl: 2_000,
  kills: 3,
  takeover: 3_000,
  stops: 5,
  handOver: 100,
  paused: 'listener',
  pause: 6_000,
  delay: 700,
  // The steps of a host's clock.
  apart: 20,
});
