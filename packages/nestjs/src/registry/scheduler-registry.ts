import type { ModulesContainer } from '@nestjs/core';

/** What we need of the `SchedulerRegistry` of `@nestjs/schedule`, of whatever version. */
export interface SchedulerRegistry {
  doesExist(kind: RegistryKind, name: string): boolean;
  addCronJob(name: string, job: object): void;
  addInterval(name: string, handle: object): void;
  getCronJob(name: string): unknown;
  getInterval(name: string): unknown;
  deleteCronJob(name: string): void;
  deleteInterval(name: string): void;
}

export type RegistryKind = 'cron' | 'interval';

/** The app's registry, by the name of its class: `@nestjs/schedule` need not be installed. `undefined` if it is not imported. */
export function findSchedulerRegistry(modules: ModulesContainer): SchedulerRegistry | undefined {
  for (const module of modules.values()) {
    for (const { token, instance } of module.providers.values()) {
      if (typeof token === 'function' && token.name === 'SchedulerRegistry' && isRegistry(instance))
        return instance;
    }
  }
  return undefined;
}

/**
 * Calls `onDelete` after anything was deleted from the registry, until the function that it returns is called.
 *
 * The registry tells nobody: it stops a cron job, as if it might be started again, and clears the handle of an interval
 * as if that were a timer. So its two methods are replaced.
 */
export function watchDeletions(
  registry: SchedulerRegistry,
  onDelete: (kind: RegistryKind, name: string) => void,
): () => void {
  const methods = [
    ['cron', 'deleteCronJob'],
    ['interval', 'deleteInterval'],
  ] as const;
  const originals = methods.map(([kind, method]) => {
    const original = Reflect.get(registry, method);
    registry[method] = (name) => {
      Reflect.apply(original, registry, [name]);
      onDelete(kind, name);
    };
    return [method, original] as const;
  });
  return () => {
    for (const [method, original] of originals) registry[method] = original;
  };
}

function isRegistry(instance: unknown): instance is SchedulerRegistry {
  return METHODS.every(
    (method) => typeof (instance as Partial<SchedulerRegistry> | null)?.[method] === 'function',
  );
}

const METHODS = [
  'doesExist',
  'addCronJob',
  'addInterval',
  'getCronJob',
  'getInterval',
  'deleteCronJob',
  'deleteInterval',
] as const;
