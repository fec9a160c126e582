import { ReencryptedSchema } from '../secrets/admin-schemas.ts';
import { AdminClient, KEY_NOTE, serviceUrl } from './admin-client.ts';
import { runCommand, SERVICE, UsageError, type ValuesOf } from './command.ts';

// `npm run secrets`: what is left to do when AUTH_SECRET was changed. The service has the secrets, so it does the work.

async function secrets(target: ValuesOf<typeof SERVICE>, [action, ...rest]: string[]): Promise<void> {
  if (action !== 're-encrypt' || rest.length > 0) throw new UsageError('Say what to do: re-encrypt.');
  const client = new AdminClient(await serviceUrl(target));
  const total = { examined: 0, reencrypted: 0, unreadable: 0 };
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const done = await client.call('POST', '/v1/admin/secrets/re-encrypt', ReencryptedSchema, {
      body: JSON.stringify({ cursor }),
      type: 'application/json',
    });
    total.examined += done.examined;
    total.reencrypted += done.reencrypted;
    total.unreadable += done.unreadable;
    cursor = done.next_cursor;
  }
  console.log(
    `${total.examined} encrypted values: ${total.reencrypted} are encrypted under AUTH_SECRET now.`,
  );
  if (total.unreadable > 0) {
    throw new Error(
      `${total.unreadable} cannot be read: the secret that encrypted them is not in AUTH_SECRET_PREVIOUS.`,
    );
  }
}

await runCommand({
  name: 'secrets',
  usage: ['re-encrypt [options]'],
  about: `Encrypts signing keys and the tokens of providers, in all realms, under AUTH_SECRET. What AUTH_SECRET_PREVIOUS has encrypted
stays readable until then. It can be repeated, and stopped at any time.`,
  options: SERVICE,
  notes: `${KEY_NOTE} It has to be one of the realm \`default\` with the scope \`admin\`.`,
  run: secrets,
});
