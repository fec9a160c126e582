import { type SharedData, type SinkEvent, sinkEvent } from '../sinks/events.ts';
import type { Told } from './told.ts';

/** A row of a stream. */
export type StreamRow = { seq: number; at: number } & Record<string, string | number | null>;
/** A row of one stream, by its columns. */
type RowOf<Columns> = Pick<StreamRow, 'seq' | 'at'> & Columns;
type Text = string | null;
type ActivityRow = RowOf<{ type: string; session_id: Text; country: Text; actor: Text }>;
type UseRow = RowOf<{ kind: string; resource: Text; quantity: number; reference: Text }>;
type TokenUseRow = RowOf<{ model: string; input_tokens: number; output_tokens: number; request_id: Text }>;
type CreditRow = RowOf<{
  id: string;
  type: string;
  amount: number;
  balance_after: number;
  reference: string;
  refund_of: Text;
  actor: Text;
}>;
/** Of what an event says in any case. */
export type StreamAbout = Parameters<typeof sinkEvent>[1];

/** A table of which each row is an event, or none. */
export interface Stream {
  table: string;
  /** The column of its time, Unix milliseconds. */
  at: string;
  columns: string;
  /** Whether rows say on whose behalf, where several share. */
  isShared: boolean;
  /** Up to where there were rows that may be gone. */
  reached(told: Told): number;
  /** `of` is said of what an organization shares. */
  eventOf(row: StreamRow, about: StreamAbout, of: SharedData): SinkEvent | null;
}

/** What happens at the same moment is told in this order. */
export const STREAMS = {
  activity: {
    table: 'activity',
    isShared: false,
    at: 'at',
    columns: 'type, session_id, country, actor',
    reached: (told) => told.get().activity,
    eventOf: ({ type, session_id, country, actor }: ActivityRow, about) =>
      sinkEvent('latchkey.activity', about, { activity: type, session_id, country, actor }),
  },
  uses: {
    table: 'uses',
    isShared: true,
    at: 'at',
    columns: 'kind, resource, quantity, reference',
    reached: (told) => told.get().folded.uses,
    // What used nothing but credits is in the ledger.
    eventOf: ({ kind, resource, quantity, reference }: UseRow, about, of) =>
      resource === null
        ? null
        : sinkEvent('latchkey.usage', about, { resource, quantity, request: kind, reference, ...of }),
  },
  tokens: {
    table: 'token_uses',
    isShared: true,
    at: 'at',
    columns: 'model, input_tokens, output_tokens, request_id',
    reached: (told) => told.get().folded.tokens,
    eventOf: ({ model, input_tokens, output_tokens, request_id }: TokenUseRow, about, of) =>
      sinkEvent('latchkey.tokens', about, {
        model,
        input_tokens,
        output_tokens,
        total_tokens: input_tokens + output_tokens,
        request_id,
        ...of,
      }),
  },
  credits: {
    table: 'credit_transactions',
    isShared: true,
    at: 'created_at',
    columns: 'id, type, amount, balance_after, reference, refund_of, actor',
    reached: () => 0,
    eventOf: ({ id, type, amount, balance_after, reference, refund_of, actor }: CreditRow, about, of) =>
      sinkEvent('latchkey.credits', about, {
        transaction_id: id,
        transaction_type: type,
        amount,
        balance_after,
        reference,
        refund_of,
        actor,
        ...of,
      }),
  },
} satisfies Record<string, Stream>;
export type StreamName = keyof typeof STREAMS;
/** All of them. */
export const STREAM_NAMES = Object.keys(STREAMS) as StreamName[];
/** Those of them that are there only when something was counted. */
export const METERED_STREAMS: StreamName[] = ['uses', 'tokens', 'credits'];
