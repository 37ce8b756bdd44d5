import type { LoggerService } from '@nestjs/common';

/** Where a line goes: `process.stdout`, or what a test gives. */
export interface Sink {
  write(text: string): unknown;
}

/**
 * Writes one short line per message: the time, and what happened. What the framework says while it starts is left
 * out, so that the lease lines are what one sees.
 */
export class OneLineLogger implements LoggerService {
  readonly #sink: Sink;

  constructor(sink: Sink = process.stdout) {
    this.#sink = sink;
  }

  log(message: unknown, ...rest: readonly unknown[]): void {
    const context = contextOf(rest);
    if (!FRAMEWORK.has(context)) this.#write('', message, context);
  }

  warn(message: unknown, ...rest: readonly unknown[]): void {
    this.#write('WARN ', message, contextOf(rest));
  }

  /** Nest passes the stack, if there is one, before the context. What its own start fails with, it throws as well. */
  error(message: unknown, ...rest: readonly unknown[]): void {
    const context = contextOf(rest);
    if (FRAMEWORK.has(context)) return;
    this.#write('ERROR ', message, context);
    const [stack] = rest;
    if (rest.length > 1 && typeof stack === 'string') this.#sink.write(`${stack}\n`);
  }

  fatal(message: unknown, ...rest: readonly unknown[]): void {
    this.error(message, ...rest);
  }

  #write(level: string, message: unknown, context: string): void {
    const text = message instanceof Error ? message.message : String(message);
    const who = OURS.has(context) || context === '' ? '' : `${context}: `;
    this.#sink.write(`${timeOfDay(new Date())} ${level}${who}${text}\n`);
  }
}

function contextOf(rest: readonly unknown[]): string {
  const last = rest.at(-1);
  return typeof last === 'string' ? last : '';
}

/** `14:03:07.120`, in local time: the milliseconds show how soon another instance takes over. */
function timeOfDay(date: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

const FRAMEWORK = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Its lines name their lock or job by themselves. */
const OURS = new Set(['LeasedJobs', 'ExceptionHandler']);
