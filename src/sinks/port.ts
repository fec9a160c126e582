import { type ProviderDeclaration, provider } from '../config/provider.ts';
import type { Variables } from '../config/variable.ts';
import type { SinkEvent } from './events.ts';

/** Where events go. */
export interface EventSink {
  /** How many events it takes in one call. */
  readonly perCall: number;
  /**
   * Resolves when all of them were taken, in their order. Throws SinkError; every other error counts as one that passes. Nobody
   * waits for it any more when the signal is aborted.
   */
  send(events: SinkEvent[], signal: AbortSignal): Promise<void>;
}

/** What is wrong: something that passes or that an operator can mend, one of the events, or that they are too many. */
export type SinkFault = 'passing' | 'refused' | 'too_large';

/** Why events were not taken. The reason is for operators: it has nothing of the events, and no secret. */
export class SinkError extends Error {
  readonly fault: SinkFault;
  /** For how long the sink wants to be left alone, milliseconds; null when it does not say. */
  readonly retryAfter: number | null;

  constructor(fault: SinkFault, reason: string, retryAfter: number | null = null) {
    super(reason);
    this.name = 'SinkError';
    this.fault = fault;
    this.retryAfter = retryAfter;
  }
}

/** Declares a sink: all that there is to say of it, in its own file. Null is where nothing goes anywhere. */
export function eventSink<V extends Variables>(
  declaration: ProviderDeclaration<V, object, EventSink | null>,
) {
  return provider(declaration);
}
