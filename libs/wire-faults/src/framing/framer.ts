/** One request or one answer, whole. */
export interface WireMessage {
  /** What it is, for choosing one: `EVALSHA`, `PUT comp=lease acquire`, `200`. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Cuts one direction of one connection into messages, however the bytes arrive. */
export interface Framer {
  /** Takes what has arrived, and returns the messages that are whole now. Throws if it is not this protocol. */
  push(chunk: Buffer): readonly WireMessage[];
  /** The other side has closed. Returns what only the end of the connection has made whole. */
  end(): readonly WireMessage[];
}

/** How the two directions of a connection are cut. Answers come in the order of their requests. */
export interface Protocol {
  readonly requests: () => Framer;
  /** `nextUnanswered` tells the next request that has no answer yet: what an answer means may depend on it. */
  readonly answers: (nextUnanswered: () => WireMessage | undefined) => Framer;
}
