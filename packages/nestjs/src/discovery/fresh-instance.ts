import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import type { JobHandler } from '@leased-jobs/core';
import { disposeAfter } from './dispose-after.js';
import type { JobHost } from './job-hosts.js';
import { madeFor } from './made-for.js';

/**
 * A handler that makes its provider anew for each call: a request-scoped or a transient one. Whatever else the call
 * needs of that scope is made once for it, and `REQUEST` is the `JobRun`. In the end what was made is disposed of: of Nest's own
 * hooks, none is called on what is not there for as long as the app.
 */
export function onFreshInstance({ module, wrapper }: JobHost, member: string | symbol): JobHandler {
  return async (run) => {
    const moduleRef = module.getProviderByKey<ModuleRef>(ModuleRef).instance;
    const context = ContextIdFactory.create();
    moduleRef.registerRequestByContextId(run, context);
    const work = async (): Promise<void> => {
      const token = wrapper.token as string | symbol | Function;
      const instance = await moduleRef.resolve<Record<string | symbol, JobHandler>>(token, context, {
        strict: true,
      });
      await instance[member]?.(run);
    };
    await disposeAfter(work, () => madeFor(wrapper, context));
  };
}
