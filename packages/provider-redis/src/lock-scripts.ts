import { LuaScript } from './lua-script.js';

/*
 * The rules of `lock-rules.ts` in core, each as one step of the server.
 *
 * Fields of the record, where <job> may be any string: `slot:<job>`, the last slot that counts as run, or empty;
 * `holdoff:<job>`, the end of the hold-off by Redis' clock, in epoch milliseconds; `paused:<job>`; `runs:<job>`, how many
 * reports there were; `run<n>:<job>`, one report as JSON, where n is its number modulo 20.
 *
 * Content that is not ours fails a script before anything has changed. The first write is one that a full or read-only
 * Redis refuses. Nothing but announcing a release can fail after that, and that may.
 */

/** `FOREIGN` is our own code: what stands at our key is not ours. */
export const FOREIGN = 'FOREIGN';

const FAIL_AS_FOREIGN = `
local function foreign(key)
  return redis.error_reply('${FOREIGN} ' .. key .. ' holds something that this library has not written')
end`;

const IS_OURS = `
local lease = redis.call('GET', KEYS[1])
if not lease or string.sub(lease, 1, #ARGV[1] + 1) ~= ARGV[1] .. ' ' then return 0 end`;

/**
 * Redis' time in microseconds or, if that was granted already, one more. So a token grows even if all is forgotten: that of
 * a lock without a job expires, or a lock per customer would fill the memory for ever. `%.0f`, for `tostring` would round
 * it. It is `nil` if what stands there is no token.
 */
const NEXT_TOKEN = `
local function nextToken()
  local last = tonumber(redis.pcall('GET', KEYS[2]) or 0)
  local time = redis.call('TIME')
  local token = time[1] .. string.sub('00000' .. time[2], -6)
  if not last or last < tonumber(token) then return last and token end
  return string.format('%.0f', last + 1)
end`;

/** For how long the token of a lock that no job uses is remembered, in seconds: 30 days. */
const TOKEN_KEPT = 2_592_000;

/**
 * Most attempts are refused by this, so it comes first, and answers by one text: a list takes both sides longer. An attempt
 * that is repeated has the same value.
 */
const UNLESS_HELD = `
local lease = redis.call('GET', KEYS[1])
if lease and lease ~= ARGV[1] then return redis.call('PTTL', KEYS[1]) .. ' ' .. lease end`;

/** KEYS: lease, token. ARGV: the lease's value, ttl. */
export const ACQUIRE = new LuaScript(`${FAIL_AS_FOREIGN}${NEXT_TOKEN}${UNLESS_HELD}
local token = lease and redis.call('GET', KEYS[2]) or nextToken()
if not tonumber(token) then return foreign(KEYS[2]) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], token, 'EX', '${TOKEN_KEPT}')
return token`);

/**
 * KEYS: lease, token, record. ARGV: the lease's value, ttl, the job's name, the slot or '', 1 to mark the slot now, the
 * tolerance.
 */
export const ACQUIRE_FOR_JOB = new LuaScript(`${FAIL_AS_FOREIGN}${NEXT_TOKEN}${UNLESS_HELD}
local job = ARGV[3]
local known = redis.call('HMGET', KEYS[3], 'slot:' .. job, 'holdoff:' .. job, 'paused:' .. job)
local last, slot, heldOffUntil = known[1] or '', tonumber(ARGV[4]), tonumber(known[2] or 0)
if not heldOffUntil or (last ~= '' and not tonumber(last)) then return foreign(KEYS[3]) end
local done = slot and last ~= '' and slot <= tonumber(last)
if not lease then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + time[2] / 1000
  if known[3] == '1' then return {'paused'} end
  if slot and slot - now > tonumber(ARGV[6]) then return {'ahead', string.format('%.3f', slot - now)} end
  if done then return {'done', last} end
  if heldOffUntil > now then return {'not-due', string.format('%.0f', math.ceil(heldOffUntil - now))} end
end

local token = lease and redis.call('GET', KEYS[2]) or nextToken()
if not tonumber(token) then return foreign(KEYS[2]) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if slot and ARGV[5] == '1' and not done then redis.call('HSET', KEYS[3], 'slot:' .. job, ARGV[4]) end
redis.call('SET', KEYS[2], token)
return {'granted', token, last}`);

/** KEYS: lease. ARGV: grant id, ttl. Returns whether the grant was live. */
export const RENEW = new LuaScript(`${IS_OURS}
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

/** KEYS: leases. ARGV: ttl, and a grant id for each lease. Returns as many answers. */
export const RENEW_MANY = new LuaScript(`
local renewed = {}
for n, key in ipairs(KEYS) do
  local id = ARGV[n + 1] .. ' '
  local lease = redis.pcall('GET', key)
  renewed[n] = type(lease) == 'string' and string.sub(lease, 1, #id) == id and redis.call('PEXPIRE', key, ARGV[1]) or 0
end
return renewed`);

/**
 * KEYS: lease, record (with a job only). ARGV: grant id, and with a job: its name, the slot or '', the hold-off or '', the
 * report or ''. The announcement goes out under the lease's key, and tells the slot; a user who may not publish still
 * releases.
 */
export const RELEASE = new LuaScript(`${FAIL_AS_FOREIGN}${IS_OURS}
local job = ARGV[2]
if job then
  local known = redis.call('HMGET', KEYS[2], 'slot:' .. job, 'runs:' .. job)
  local last, slot = known[1] or '', tonumber(ARGV[3])
  local runs = tonumber(known[2] or 0)
  if not runs or (last ~= '' and not tonumber(last)) then return foreign(KEYS[2]) end
  if slot and (last == '' or slot > tonumber(last)) then last = ARGV[3] end
  local note = {'slot:' .. job, last}
  if ARGV[4] ~= '' then
    local time = redis.call('TIME')
    local over = time[1] * 1000 + time[2] / 1000 + ARGV[4]
    note[#note + 1], note[#note + 2] = 'holdoff:' .. job, string.format('%.3f', over)
  end
  if ARGV[5] ~= '' then
    note[#note + 1], note[#note + 2] = 'runs:' .. job, string.format('%.0f', runs + 1)
    note[#note + 1], note[#note + 2] = 'run' .. string.format('%.0f', runs % 20) .. ':' .. job, ARGV[5]
  end
  redis.call('HSET', KEYS[2], unpack(note))
end
redis.call('DEL', KEYS[1])
redis.pcall('PUBLISH', KEYS[1], job and ARGV[3] ~= '' and ARGV[3] .. ' ' .. job or 'released')
return 1`);

/** KEYS: lease, record. ARGV: job, 1 or 0. */
export const SET_PAUSED = new LuaScript(`
redis.call('HSET', KEYS[2], 'paused:' .. ARGV[1], ARGV[2])
redis.pcall('PUBLISH', KEYS[1], ARGV[2] == '0' and 'resumed' or 'paused')
return 1`);

/** KEYS: lease, token, record. Returns the lease and its time left, the token, the record, and Redis' time. */
export const READ = new LuaScript(`
local time = redis.call('TIME')
return {
  redis.call('GET', KEYS[1]),
  redis.call('PTTL', KEYS[1]),
  redis.call('GET', KEYS[2]),
  redis.call('HGETALL', KEYS[3]),
  string.format('%.3f', time[1] * 1000 + time[2] / 1000),
}`);
