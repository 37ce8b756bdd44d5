import { Injectable, Module } from '@nestjs/common';
import { ExclusiveService, type JobRun, LeasedJobsModule } from '@leased-jobs/nestjs';

interface Message {
  readonly id: string;
  readonly order: string;
  readonly state: string;
}

@Injectable()
export class OrderConsumer {
  private readonly queue = process.env.QUEUE_API ?? 'https://queue.example.com/orders';
  private readonly shop = process.env.SHOP_API ?? 'https://shop.example.com';

  @ExclusiveService('order-consumer')
  async consume(run: JobRun): Promise<void> {
    for (;;) {
      const message = await this.receive(run.signal);
      if (!message) continue;
      run.throwIfLost();
      // Doing it twice comes to the same, and whoever is late has the smaller number.
      await this.call(`${this.shop}/orders/${message.order}`, run.signal, {
        method: 'PUT',
        headers: { 'Fencing-Token': String(run.fencingToken) },
        body: JSON.stringify({ state: message.state }),
      });
      run.throwIfLost();
      await this.call(`${this.queue}/${message.id}`, run.signal, { method: 'DELETE' });
    }
  }

  /** Waits for a message for up to 20 s. It stays in the queue until it is deleted. */
  private async receive(signal: AbortSignal): Promise<Message | null> {
    const response = await this.call(`${this.queue}/next?wait=20`, signal);
    return response.status === 204 ? null : ((await response.json()) as Message);
  }

  private async call(url: string, signal: AbortSignal, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(url, { ...init, signal });
    if (!response.ok) throw new Error(`${url} was answered with ${response.status}.`);
    return response;
  }
}

@Module({ imports: [LeasedJobsModule.forRoot()], providers: [OrderConsumer] })
export class OrderConsumerModule {}
