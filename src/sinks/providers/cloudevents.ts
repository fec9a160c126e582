import { z } from 'zod';
import { variable } from '../../config/variable.ts';
import { retryAfterOf } from '../../lib/retry-after.ts';
import type { SinkEvent } from '../events.ts';
import { eventSink, SinkError } from '../port.ts';

/** Bytes of an answer that are read, of which nothing is used: one that ends early was no answer. */
const READ = 65_536;
/** Statuses that concern an event and not the way to the sink. */
const REFUSED = [400, 422];

/**
 * Any consumer of CloudEvents 1.0 by HTTPS, such as OpenMeter: each call is a batch in the JSON batch format, one POST
 * (CloudEvents HTTP protocol binding, 3.3).
 */
export const cloudevents = eventSink({
  name: 'cloudevents',
  doc: 'CloudEvents by HTTPS, to OpenMeter and others',
  variables: {
    CLOUDEVENTS_URL: variable({
      schema: z
        .url({ protocol: /^https?$/, error: 'must be a URL' })
        .refine(
          (value) => value.startsWith('https://') || /^http:\/\/(localhost|127\.0\.0\.1)[:/]/.test(value),
          'must be https (plain http is for localhost only)',
        ),
      doc: 'where batches are posted to, such as `https://openmeter.cloud/api/v1/events`.',
    }),
    CLOUDEVENTS_TOKEN: variable({
      schema: z
        .string()
        .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
        .optional(),
      secret: true,
      doc: 'the bearer token that it takes.',
    }),
  },
  create: ({ CLOUDEVENTS_URL, CLOUDEVENTS_TOKEN }) => ({
    perCall: 100,
    async send(events: SinkEvent[], signal: AbortSignal) {
      const response = await fetch(CLOUDEVENTS_URL, {
        method: 'POST',
        headers: {
          'content-type': 'application/cloudevents-batch+json; charset=utf-8',
          ...(CLOUDEVENTS_TOKEN && { authorization: `Bearer ${CLOUDEVENTS_TOKEN}` }),
        },
        body: JSON.stringify(events),
        // The token and the events must not go where a redirect points.
        redirect: 'manual',
        signal,
      });
      if (response.ok) return await readToEnd(response);
      await response.body?.cancel();
      const { status } = response;
      const fault = status === 413 ? 'too_large' : REFUSED.includes(status) ? 'refused' : 'passing';
      throw new SinkError(fault, `it answered ${status}`, retryAfterOf(response));
    },
  }),
});

async function readToEnd({ body }: Response): Promise<void> {
  const reader = body?.getReader();
  for (let read = 0; reader && read < READ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    read += value.byteLength;
  }
  await reader?.cancel();
}
