import { z } from 'zod';
import { variable } from '../../config/variable.ts';
import type { EventData, EventType, SinkEvent } from '../events.ts';
import { eventSink } from '../port.ts';

/** What of an event is counted and by what it is grouped: the columns `double1…` and `blob5…`. */
const COLUMNS: { [Type in EventType]: (data: EventData[Type]) => { doubles: number[]; blobs: string[] } } = {
  'latchkey.usage': ({ quantity, resource, request }) => ({
    doubles: [quantity],
    blobs: [resource, request],
  }),
  'latchkey.tokens': ({ total_tokens, input_tokens, output_tokens, model }) => ({
    doubles: [total_tokens, input_tokens, output_tokens],
    blobs: [model],
  }),
  'latchkey.credits': ({ amount, balance_after, transaction_type, actor }) => ({
    doubles: [amount, balance_after],
    blobs: [transaction_type, actor ?? ''],
  }),
  'latchkey.activity': ({ activity, country, actor }) => ({
    doubles: [1],
    blobs: [activity, country ?? '', actor ?? ''],
  }),
  'latchkey.audit': ({ action, actor }) => ({ doubles: [1], blobs: [action, actor] }),
};
/** Bytes of an index that the platform takes. */
const INDEX = 96;

/** Workers Analytics Engine. It samples, says nothing of what it has taken, and cannot remove doubles: for charts only. */
export const analyticsEngine = eventSink({
  name: 'analytics_engine',
  doc: 'Workers Analytics Engine, for charts only: it samples',
  variables: {
    EVENT_DATASET: variable({
      schema: z.custom<AnalyticsEngineDataset>(Boolean),
      doc: 'the binding: `[[analytics_engine_datasets]]` with `binding = "EVENT_DATASET"`.',
    }),
  },
  create: ({ EVENT_DATASET }) => ({
    // An invocation takes 250 points, and a run makes ten calls.
    perCall: 25,
    async send(events: SinkEvent[]) {
      for (const { id, type, subject, time, realm, data } of events) {
        const columns = (COLUMNS[type] as (of: typeof data) => ReturnType<(typeof COLUMNS)[EventType]>)(data);
        EVENT_DATASET.writeDataPoint({
          indexes: [subject.slice(0, INDEX)],
          blobs: [type, realm, id, time, ...columns.blobs],
          doubles: columns.doubles,
        });
      }
    },
  }),
});
