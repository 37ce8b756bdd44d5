/** What becomes of one request and its answer. All durations are milliseconds of true time. */
export interface MessageFate {
  readonly requestDelay: number;
  readonly answerDelay: number;
  readonly fault: MessageFault | null;
  /** When the second copy of a duplicated request arrives. */
  readonly copyDelay: number;
  /** How long the client takes to settle after its signal has aborted. */
  readonly settleDelay: number;
}

export type MessageFault =
  'request-lost' | 'answer-lost' | 'duplicated' | 'request-slow' | 'answer-slow' | 'refused';

/** Decides what becomes of the `n`-th message of a client. */
export type FateOf = (n: number) => MessageFate;

/** A network without faults. */
export function steady(latency: number): FateOf {
  const fate: MessageFate = {
    requestDelay: latency,
    answerDelay: latency,
    fault: null,
    copyDelay: 0,
    settleDelay: 0,
  };
  return () => fate;
}
