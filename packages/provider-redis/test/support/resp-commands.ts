export interface RespCommand {
  /** Upper case. */
  readonly name: string;
  readonly words: readonly string[];
  readonly bytes: Buffer;
}

/** Cuts what a client sends into its commands, however it arrives. */
export class RespCommands {
  #rest = Buffer.alloc(0);

  push(data: Buffer): readonly RespCommand[] {
    this.#rest = Buffer.concat([this.#rest, data]);
    const commands: RespCommand[] = [];
    for (;;) {
      const command = this.#next();
      if (!command) return commands;
      commands.push(command);
    }
  }

  #next(): RespCommand | null {
    let at = 0;
    const line = (): number | null => {
      const end = this.#rest.indexOf('\r\n', at);
      if (end < 0) return null;
      const number = Number(this.#rest.toString('latin1', at + 1, end));
      at = end + 2;
      return number;
    };
    const count = line();
    if (count === null) return null;
    const words: string[] = [];
    for (let n = 0; n < count; n++) {
      const length = line();
      if (length === null || this.#rest.length < at + length + 2) return null;
      words.push(this.#rest.toString('utf8', at, at + length));
      at += length + 2;
    }
    const bytes = this.#rest.subarray(0, at);
    this.#rest = this.#rest.subarray(at);
    return { name: (words[0] ?? '').toUpperCase(), words, bytes };
  }
}
