import { createHash } from 'node:crypto';

/** A script, and the name under which a server that has seen it knows it. */
export class LuaScript {
  readonly sha: string;

  constructor(readonly source: string) {
    this.sha = createHash('sha1').update(source).digest('hex');
  }
}
