import { z } from 'zod';
import { HookBody, HookListSchema, HookTrial, HookWithSecret } from '../hooks/schemas.ts';
import { DEFAULT_REALM, HOOK_NAMES } from '../lib/realm.ts';
import { AdminClient, KEY_NOTE, serviceUrl } from './admin-client.ts';
import { runCommand, SERVICE, UsageError, type ValuesOf } from './command.ts';
import { checkedFields, printFields } from './fields.ts';

// `npm run hook`: whom a realm asks before it acts. The service has the secrets, so it does the work, and audits it.

const OPTIONS = {
  realm: { type: 'string', value: 'ID', about: 'of this realm; `default` unless said' },
  address: { type: 'string', value: 'URL', about: 'set: where it is asked' },
  binding: { type: 'string', value: 'HOOK_NAME', about: 'set: instead, the service binding of a Worker' },
  'on-failure': { type: 'string', value: 'HOW', about: 'set: allow or refuse' },
  namespace: {
    type: 'string',
    value: 'URI',
    about: 'set: of before.token, the claim under which claims stand',
  },
  'new-secret': { type: 'boolean', about: 'set: give it another secret' },
  ...SERVICE,
} as const;

type Values = ValuesOf<typeof OPTIONS>;

async function hook(values: Values, [action, name]: string[]): Promise<void> {
  const { realm = DEFAULT_REALM } = values;
  const base = `${realm === DEFAULT_REALM ? '' : `/realms/${realm}`}/v1/admin/hooks`;
  const client = new AdminClient(await serviceUrl(values));
  if (action === 'list') {
    const { data } = await client.call('GET', base, HookListSchema);
    console.table(
      data.map(({ name, url, binding, on_failure }) => ({
        ...{ name, asks: binding ?? new URL(url ?? '').host, on_failure },
      })),
    );
    return;
  }
  if (action === undefined || !['set', 'delete', 'test'].includes(action))
    throw new UsageError('Say what to do.');
  const known = HOOK_NAMES.find((one) => one === name);
  if (!known) throw new UsageError(`Say which: ${HOOK_NAMES.join(', ')}.`);
  const path = `${base}/${known}`;
  if (action === 'delete') {
    await client.call('DELETE', path, z.null());
    console.log(`Nobody is asked by ${known} any more.`);
  } else if (action === 'test') {
    printFields(await client.call('POST', `${path}/test`, HookTrial, { once: true }));
  } else {
    const body = checkedFields(HookBody, {
      url: values.address,
      binding: values.binding,
      on_failure: values['on-failure'],
      namespace: values.namespace,
      new_secret: values['new-secret'] ?? false,
    });
    const sent = { body: JSON.stringify(body), type: 'application/json' };
    printFields(await client.call('PUT', path, HookWithSecret, sent));
  }
}

await runCommand({
  name: 'hook',
  usage: ['list [options]', 'set NAME --address URL --on-failure HOW [options]', 'delete NAME', 'test NAME'],
  about: 'Lists, sets, tries and deletes hooks: whom a realm asks before it acts.',
  options: OPTIONS,
  notes: `NAME is ${HOOK_NAMES.join(', ')}. ${KEY_NOTE} It needs the scope \`admin\`.`,
  run: hook,
});
