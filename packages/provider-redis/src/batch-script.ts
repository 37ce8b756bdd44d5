import { ACQUIRE, ACQUIRE_FOR_JOB, RELEASE, RENEW } from './lock-scripts.js';
import { LuaScript } from './lua-script.js';

/** Those of which many calls may go together. */
export const BATCHED: readonly LuaScript[] = [ACQUIRE, ACQUIRE_FOR_JOB, RENEW, RELEASE];

/** Begins the answer to a call that has failed; the error follows. */
export const FAILED = 'failed';

/**
 * Many calls of these scripts, each with an answer of its own: that one fails is no reason for the next not to be made.
 * KEYS: those of each call. ARGV: for each call the number of its script, from 1 on, those of its keys and of its
 * arguments, and the arguments.
 */
export const BATCH = new LuaScript(`
local scripts = {${BATCHED.map(({ source }) => `function(KEYS, ARGV)${source}\nend`).join(', ')}}
local answers, key, arg = {}, 0, 0
while arg < #ARGV do
  local keys, args = tonumber(ARGV[arg + 2]), tonumber(ARGV[arg + 3])
  local ok, answer = pcall(
    scripts[tonumber(ARGV[arg + 1])],
    {unpack(KEYS, key + 1, key + keys)},
    {unpack(ARGV, arg + 4, arg + 3 + args)}
  )
  local failure = type(answer) == 'table' and answer.err or not ok and tostring(answer)
  answers[#answers + 1] = failure and {'${FAILED}', failure} or answer
  key, arg = key + keys, arg + 3 + args
end
return answers`);
