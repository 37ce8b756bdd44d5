import { Inject, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { asError, ConfigurationError, show } from '@leased-jobs/core';
import { within } from '../configuration/within.js';
import { type FromDi, type InjectionTokens, isFromDi, tokensProblem } from '../decorators/from-di.js';
import { type JobDraft, unlessTrue } from './job-draft.js';
import type { NestModule } from './job-hosts.js';
import { KINDS } from './job-kinds.js';

/** Whether a setting of the job may have to be made by a factory. */
export function needsDi({ when, ttl, enabled }: JobDraft): boolean {
  // This is asked of each job, and nearly all have nothing that could be a factory.
  return typeof when === 'object' || typeof ttl === 'object' || typeof enabled === 'object';
}

/**
 * The same job, with what the factories of its settings have made, or `null` if one has failed or has made what it must not.
 * Each of those is a sentence in `problems` that names the job and the setting. Never rejects.
 */
export async function settledByDi(draft: JobDraft, problems: string[]): Promise<JobDraft | null> {
  const { module } = draft.host;
  const due = DUE[KINDS[draft.decorator].variable ?? 'once'];
  const settled = await Promise.allSettled([
    settle(draft.when, due, module),
    settle(draft.ttl, TTL, module),
    settle(draft.enabled, ENABLED, module),
  ]);
  const failures = settled.filter((result) => result.status === 'rejected');
  for (const { reason } of failures) problems.push(`Job "${draft.name}": ${asError(reason).message}`);
  if (failures.length > 0) return null;
  const [when, ttl, enabled] = settled.map((result) => (result.status === 'fulfilled' ? result.value : null));
  return { ...draft, when, ttl, enabled: isFromDi(draft.enabled) ? unlessTrue(enabled) : enabled };
}

/** What the factory of a setting may make. */
interface Setting {
  readonly name: string;
  readonly type: 'number' | 'string' | 'boolean';
  readonly legal: string;
  /** Whether it may make nothing, which is as if the setting were left out. */
  readonly orNothing: boolean;
}

async function settle(given: unknown, setting: Setting, module: NestModule): Promise<unknown> {
  if (!isFromDi(given)) return given;
  const factory = `The factory of its ${setting.name}`;
  const problem = tokensProblem(given);
  if (problem !== null) throw new ConfigurationError(`${factory} cannot be called: ${problem}`);
  const making = make(given, setting.name, module);
  const value = await within(PATIENCE, making, `${factory} made nothing`, 'Look what it waits for.');
  if (typeof value === setting.type || (setting.orNothing && value === undefined)) return value;
  throw new ConfigurationError(`${factory} made ${show(value)}. It has to make ${setting.legal}.`);
}

async function make(source: FromDi<unknown>, setting: string, module: NestModule): Promise<unknown> {
  const given = await injectables(source.inject ?? [], setting, module);
  try {
    return await source.useFactory(...given);
  } catch (thrown) {
    const { message } = asError(thrown);
    throw new ConfigurationError(`The factory of its ${setting} failed: ${message}`, { cause: thrown });
  }
}

/** Nest injects into classes only, so it is given one, which is called after the setting: Nest says its name when it fails. */
async function injectables(
  tokens: InjectionTokens,
  setting: string,
  module: NestModule,
): Promise<readonly unknown[]> {
  class Injectee {
    readonly injected: readonly unknown[];
    constructor(...injected: unknown[]) {
      this.injected = injected;
    }
  }
  Object.defineProperty(Injectee, 'name', { value: setting });
  for (const [index, given] of tokens.entries()) {
    const isDescribed = typeof given === 'object' && 'optional' in given;
    Inject(isDescribed ? given.token : given)(Injectee, undefined, index);
    if (isDescribed && given.optional) Optional()(Injectee, undefined, index);
  }
  try {
    const moduleRef = module.getProviderByKey<ModuleRef>(ModuleRef).instance;
    return (await moduleRef.create(Injectee)).injected;
  } catch (thrown) {
    // What follows are proposals for somebody who has written the class.
    throw new ConfigurationError(asError(thrown).message.split('\n')[0], { cause: thrown });
  }
}

const MILLISECONDS = { type: 'number', legal: 'a number of milliseconds' } as const;
const INTERVAL: Setting = { ...MILLISECONDS, name: 'interval', orNothing: false };
const TTL: Setting = { ...MILLISECONDS, name: 'ttl', orNothing: true };
const EXPRESSION: Setting = {
  name: 'cron expression',
  type: 'string',
  legal: 'a cron expression',
  orNothing: false,
};
const ONCE: Setting = { name: 'once', type: 'string', legal: 'a text', orNothing: true };
const DUE = { interval: INTERVAL, cron: EXPRESSION, once: ONCE };
const ENABLED: Setting = { name: 'enabled', type: 'boolean', legal: 'true or false', orNothing: true };

/** Milliseconds. An app that waits for a setting without end never says why it does not start. */
const PATIENCE = 30_000;
