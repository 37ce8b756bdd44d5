import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import type { JobHandler } from '@leased-jobs/core';
import type { JobHost } from './job-hosts.js';

/**
 * A handler that makes its provider anew for each run: a request-scoped or a transient one. Whatever else the run
 * needs of that scope is made once for it, and `REQUEST` is the `JobRun`.
 */
export function onFreshInstance({ module, wrapper }: JobHost, member: string | symbol): JobHandler {
  return async (run) => {
    const moduleRef = module.getProviderByKey<ModuleRef>(ModuleRef).instance;
    const context = ContextIdFactory.create();
    moduleRef.registerRequestByContextId(run, context);
    const instance = await moduleRef.resolve<Record<string | symbol, JobHandler>>(
      wrapper.token as string | symbol | Function,
      context,
      { strict: true },
    );
    return instance[member]?.(run);
  };
}
