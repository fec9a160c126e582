import { setTimeout } from 'node:timers/promises';
import Stripe from 'stripe';
import { CREDENTIALS } from '../peers/ports.ts';

// `stripe` of a document: what its commands do at Stripe's account, they do at the tests' own. The real one needs an account to log in to.

const [api = '', ...args] = process.argv.slice(2);
const { secretKey, webhookSecrets } = CREDENTIALS.stripe;
const [secret = ''] = webhookSecrets;
const command = args.join(' ');

/** What the flag says after its name. */
const flag = (name: string) => args[args.indexOf(name) + 1] ?? fail();

if (command.startsWith('prices create ')) {
  const form = new URLSearchParams({ currency: flag('--currency'), unit_amount: flag('--unit-amount') });
  for (const [at, arg] of args.entries()) {
    if (arg === '-d') form.append(...((args[at + 1] ?? fail()).split('=') as [string, string]));
  }
  const headers = { authorization: `Bearer ${secretKey}` };
  const answer = await fetch(`${api}/v1/prices`, { method: 'POST', headers, body: form });
  console.log(JSON.stringify(await answer.json(), null, 2));
  process.exitCode = answer.ok ? 0 : 1;
} else if (command === 'listen --print-secret') {
  console.log(secret);
} else if (command.startsWith('listen --forward-to ')) {
  await forward(`http://${flag('--forward-to')}`);
} else {
  fail();
}

/** Sends all that happens to an address, signed, each event again until it is taken. */
async function forward(address: string): Promise<never> {
  console.log(`Ready! Your webhook signing secret is ${secret}`);
  const taken = new Set<string>();
  for (;;) {
    for (const event of await events()) {
      if (taken.has(event.id)) continue;
      const payload = JSON.stringify(event);
      const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
      const headers = { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature };
      const answer = await fetch(address, { method: 'POST', headers, body: payload }).catch(() => null);
      if (answer?.ok) taken.add(event.id);
    }
    await setTimeout(100);
  }
}

async function events(): Promise<{ id: string }[]> {
  const answer = await fetch(`${api}/_test/events`, { method: 'POST', body: JSON.stringify({ about: '' }) });
  return (await answer.json()) as { id: string }[];
}

function fail(): never {
  console.error(`The stand-in of the Stripe CLI does not know ${command}`);
  process.exit(1);
}
