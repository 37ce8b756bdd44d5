import { openRedis } from '../acceptance/redis-store.js';
import { describeNights } from './nights.js';

describeNights('Redis', openRedis);
