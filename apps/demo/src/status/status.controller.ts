import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { Health, type HealthReport } from './health.js';
import { statusPage } from './status-page.js';

/** What we need of Express's response. */
interface StatusReply {
  status(code: number): unknown;
}

@Controller()
export class StatusController {
  readonly #health: Health;

  constructor(@Inject(Health) health: Health) {
    this.#health = health;
  }

  @Get('health')
  @Header('Cache-Control', 'no-store')
  async health(@Res({ passthrough: true }) reply: StatusReply): Promise<HealthReport> {
    const report = await this.#health.check();
    reply.status(statusCode(report));
    return report;
  }

  @Get()
  @Header('Cache-Control', 'no-store')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
  async page(@Res({ passthrough: true }) reply: StatusReply): Promise<string> {
    const report = await this.#health.check();
    reply.status(statusCode(report));
    return statusPage(report);
  }
}

function statusCode({ status }: HealthReport): number {
  return status === 'ok' ? 200 : 503;
}
