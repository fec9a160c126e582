import { inject } from 'vitest';
import { createStripe } from '../../src/billing/providers/stripe.ts';
import { CREDENTIALS } from './peers/ports.ts';
import type { DeliveredWebhook } from './peers/stripe-emulators.ts';

const { secretKey, webhookSecrets } = CREDENTIALS.stripe;

/** The adapter, to one of the peers. */
export function stripeAt(peer: 'api' | 'emulate' | 'mock') {
  const apiUrl = `http://127.0.0.1:${inject('peers').stripe[peer]}`;
  return createStripe({ secretKey, webhookSecrets, apiUrl });
}

/** Makes something happen at Stripe without Latchkey: see `happen` in peers/stripe.ts. */
export async function atStripe<T = any>(action: string, given: Record<string, unknown> = {}): Promise<T> {
  const url = `http://127.0.0.1:${inject('peers').stripe.api}/_test/${action}`;
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(given) });
  const body = (await answer.json()) as T;
  if (!answer.ok) throw new Error(`${action}: ${JSON.stringify(body)}`);
  return body;
}

/** The events of Stripe whose text has that id in it, oldest first. */
export function eventsAbout(id: string): Promise<{ id: string; type: string; data: { object: any } }[]> {
  return atStripe('events', { about: id });
}

/** The webhooks that `emulate` has sent and that have that in them. */
export async function emulatedWebhooks(about: string): Promise<DeliveredWebhook[]> {
  const { webhooks } = inject('peers').stripe;
  return (await fetch(`http://127.0.0.1:${webhooks}/?about=${encodeURIComponent(about)}`)).json();
}
