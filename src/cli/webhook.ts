import { z } from 'zod';
import { DEFAULT_REALM } from '../lib/realm.ts';
import {
  DeliveryListSchema,
  DeliverySchema,
  DeliveryWithLog,
  NewWebhook,
  WebhookListSchema,
  WebhookPatch,
  WebhookReplayed,
  WebhookSchema,
  WebhookWithSecret,
} from '../webhooks/schemas.ts';
import { AdminClient, KEY_NOTE, serviceUrl } from './admin-client.ts';
import { runCommand, SERVICE, UsageError, type ValuesOf } from './command.ts';
import { checkedFields as check, printFields as print } from './fields.ts';

// `npm run webhook`: where the events of a realm are sent to. The service has the secrets, so it does the work, and audits it.

const OPTIONS = {
  realm: { type: 'string', value: 'ID', about: 'of this realm; `default` unless said' },
  address: { type: 'string', value: 'URL', about: 'where events are posted to' },
  description: { type: 'string', value: 'TEXT', about: 'what it is for' },
  event: { type: 'string', multiple: true, value: 'NAME', about: 'which events; all unless said' },
  'all-events': { type: 'boolean', about: 'update: all events again, also those to come' },
  on: { type: 'boolean', about: 'update: switch it on' },
  off: { type: 'boolean', about: 'update: switch it off' },
  overlap: {
    type: 'string',
    value: 'HOURS',
    about: 'rotate: how long the secret before signs too; 24 unless said',
  },
  since: {
    type: 'string',
    value: 'TIME',
    about: 'replay: events from then on, such as 2026-01-31T00:00:00Z',
  },
  all: { type: 'boolean', about: 'replay: also those that were delivered' },
  status: { type: 'string', value: 'STATUS', about: 'deliveries: pending, delivered or failed' },
  ...SERVICE,
} as const;

type Values = ValuesOf<typeof OPTIONS>;

/** The API of one realm's webhooks. */
type Call = <Schema extends z.ZodType>(
  method: string,
  path: string,
  answer: Schema,
  body?: unknown,
) => Promise<z.output<Schema>>;

async function webhook(values: Values, [action, ...ids]: string[]): Promise<void> {
  const act = action !== undefined && Object.hasOwn(ACTS, action) ? ACTS[action as keyof typeof ACTS] : null;
  if (!act) throw new UsageError('Say what to do.');
  if (ids.length !== act.ids) throw new UsageError(`Say ${act.ids === 0 ? 'no id' : `${act.ids} id`}.`);
  const { realm = DEFAULT_REALM } = values;
  const base = realm === DEFAULT_REALM ? '' : `/realms/${realm}`;
  const client = new AdminClient(await serviceUrl(values));
  const call: Call = (method, path, answer, body) =>
    client.call(method, `${base}/v1/admin/webhooks${path}`, answer, {
      // A repeat would make another one.
      once: method === 'POST',
      ...(body !== undefined && { body: JSON.stringify(body), type: 'application/json' }),
    });
  await act.run(call, ids, values);
}

const ACTS = {
  list: {
    ids: 0,
    run: async (call: Call) => {
      const { data } = await call('GET', '', WebhookListSchema);
      console.table(
        data.map(({ id, url, status, failing_since: failingSince, events }) => ({
          ...{ id, host: new URL(url).host, status, failing_since: failingSince },
          events: events?.join(' ') ?? 'all',
        })),
      );
    },
  },
  show: {
    ids: 1,
    run: async (call: Call, [id]: string[]) => print(await call('GET', `/${id}`, WebhookSchema)),
  },
  create: {
    ids: 0,
    run: async (call: Call, _: string[], values: Values) => {
      const body = check(NewWebhook, {
        url: values.address,
        description: values.description,
        events: values.event ?? null,
      });
      print(await call('POST', '', WebhookWithSecret, body));
    },
  },
  update: {
    ids: 1,
    run: async (call: Call, [id]: string[], values: Values) => {
      const { address, description, event, on, off } = values;
      const given = {
        url: address,
        description,
        events: values['all-events'] ? null : event,
        status: on ? 'active' : off ? 'disabled' : undefined,
      };
      const body = check(
        WebhookPatch,
        Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      );
      if (Object.keys(body).length === 0) throw new UsageError('Nothing to update.');
      print(await call('PATCH', `/${id}`, WebhookSchema, body));
    },
  },
  rotate: {
    ids: 1,
    run: async (call: Call, [id]: string[], { overlap = '24' }: Values) =>
      print(await call('POST', `/${id}/rotate`, WebhookWithSecret, { overlap_hours: Number(overlap) })),
  },
  delete: {
    ids: 1,
    run: async (call: Call, [id]: string[]) => {
      await call('DELETE', `/${id}`, z.null());
      console.log(`Deleted ${id}, with what was to be delivered to it.`);
    },
  },
  test: {
    ids: 1,
    run: async (call: Call, [id]: string[]) => print(await call('POST', `/${id}/test`, DeliverySchema)),
  },
  deliveries: {
    ids: 1,
    run: async (call: Call, [id]: string[], { status }: Values) => {
      const query = status === undefined ? '' : `?status=${encodeURIComponent(status)}`;
      const { data } = await call('GET', `/${id}/deliveries${query}`, DeliveryListSchema);
      console.table(
        data.map(({ id, event_type: event, status, attempts, created_at: at, last_error: error }) => ({
          ...{ id, event, status, attempts, at, error },
        })),
      );
    },
  },
  delivery: {
    ids: 2,
    run: async (call: Call, [id, delivery]: string[]) => {
      const found = await call('GET', `/${id}/deliveries/${delivery}`, DeliveryWithLog);
      console.log(JSON.stringify(found, null, 2));
    },
  },
  resend: {
    ids: 2,
    run: async (call: Call, [id, delivery]: string[]) =>
      print(await call('POST', `/${id}/deliveries/${delivery}/resend`, DeliverySchema)),
  },
  replay: {
    ids: 1,
    run: async (call: Call, [id]: string[], { since, all }: Values) => {
      if (since === undefined) throw new UsageError('Say --since.');
      const which = all ? 'all' : 'failed';
      const { count } = await call('POST', `/${id}/replay`, WebhookReplayed, { since, which });
      console.log(`${count} events are due now.`);
    },
  },
} satisfies Record<string, { ids: number; run(call: Call, ids: string[], values: Values): Promise<void> }>;

await runCommand({
  name: 'webhook',
  usage: [
    'list [options]',
    'show ID',
    'create --address URL [options]',
    'update ID options',
    'rotate ID',
    'delete ID',
    'test ID',
    'deliveries ID',
    'delivery ID DELIVERY',
    'resend ID DELIVERY',
    'replay ID --since TIME',
  ],
  about: 'Lists, shows, adds, changes and deletes webhooks, and delivers events again.',
  options: OPTIONS,
  notes: `${KEY_NOTE} It needs the scope \`admin\`.`,
  run: webhook,
});
