import { z } from 'zod';
import { variable } from '../../config/variable.ts';
import type { SinkEvent } from '../events.ts';
import { eventSink, SinkError } from '../port.ts';

/** What a `pipelines` binding does. */
interface PipelineBinding {
  send(records: object[]): Promise<void>;
}

/** Characters of a call: the platform takes a megabyte. */
const MOST = 900_000;

/** A Cloudflare Pipeline, which writes to R2 (files, or an Iceberg table). Each event is one record. */
export const pipeline = eventSink({
  name: 'pipeline',
  doc: 'a Cloudflare Pipeline, to R2 or Iceberg',
  variables: {
    EVENT_PIPELINE: variable({
      schema: z.custom<PipelineBinding>(Boolean),
      doc: 'the binding: `[[pipelines]]` with `binding = "EVENT_PIPELINE"`.',
    }),
  },
  create: ({ EVENT_PIPELINE }) => ({
    perCall: 100,
    async send(events: SinkEvent[]) {
      if (JSON.stringify(events).length > MOST) throw new SinkError('too_large', 'too much for one call');
      await EVENT_PIPELINE.send(events);
    },
  }),
});
