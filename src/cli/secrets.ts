import { parseArgs } from 'node:util';
import { ReencryptedSchema } from '../secrets/admin-schemas.ts';
import { AdminClient } from './admin-client.ts';
import { runCommand } from './d1.ts';

// `npm run secrets`: what is left to do when AUTH_SECRET was changed. The service has the secrets, so it does the work.

const USAGE = `Usage:
  npm run secrets -- re-encrypt [--url URL]

Encrypts signing keys and the tokens of providers, in all realms, under AUTH_SECRET. What AUTH_SECRET_PREVIOUS has encrypted stays
readable until then. It can be repeated, and stopped at any time.

  --url URL    of the service (http://localhost:8787)

The API key is that of \`npm start\` for a service on this machine, else LATCHKEY_API_KEY: one of the realm
\`default\` with the scope \`admin\`.`;

async function secrets(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { url: { type: 'string', default: 'http://localhost:8787' } },
  });
  if (positionals.join(' ') !== 're-encrypt') throw new Error(USAGE);
  if (!URL.canParse(values.url)) throw new Error('--url: must be a URL');
  const client = new AdminClient(values.url.replace(/\/$/, ''));
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

await runCommand(() => secrets(process.argv.slice(2)));
