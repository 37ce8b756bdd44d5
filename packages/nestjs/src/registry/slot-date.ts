/** A slot, which also answers to what people ask of the `DateTime` that a `CronJob` of the package `cron` would give them. */
export class SlotDate extends Date {
  toJSDate(): Date {
    return new Date(this);
  }

  toMillis(): number {
    return this.getTime();
  }

  /** In UTC. */
  toISO(): string {
    return this.toISOString();
  }
}
