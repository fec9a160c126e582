import type Stripe from 'stripe';
import { HANDLERS } from '../billing/events.ts';
import { stripeClient } from '../billing/providers/stripe.ts';

/** What `npm run setup` has done about Stripe's webhook. */
export interface StripeWebhook {
  id: string;
  what: 'made' | 'changed' | 'there already';
  /** What its events are signed with, which Stripe shows once: when it is made. */
  secret?: string;
}

/**
 * Has Stripe send its events to a Latchkey: makes the endpoint, or has the one that is there send those that are handled.
 * Throws where one is there and its secret is not known, and what Stripe says.
 */
export async function provideStripeWebhook(
  { secretKey, apiUrl, origin }: { secretKey: string; apiUrl: string; origin: string },
  isSecretKnown: boolean,
): Promise<StripeWebhook> {
  const stripe = stripeClient(secretKey, apiUrl);
  const url = `${origin}/v1/billing/webhook`;
  const events = Object.keys(HANDLERS) as Stripe.WebhookEndpointCreateParams.EnabledEvent[];
  let found: Stripe.WebhookEndpoint | undefined;
  for await (const endpoint of stripe.webhookEndpoints.list({ limit: 100 })) {
    if (endpoint.url === url) found = endpoint;
  }
  if (!found) {
    const { id, secret } = await stripe.webhookEndpoints.create({
      url,
      enabled_events: events,
      description: 'Latchkey',
    });
    return { id, what: 'made', secret };
  }
  const { id, status, enabled_events: sent } = found;
  if (!isSecretKnown) {
    throw new Error(
      `Stripe sends events to ${url} already (${id}), but the Worker does not know how they are signed. Set STRIPE_WEBHOOK_SECRET to the signing secret that Stripe's dashboard shows, or delete that endpoint there. Then run this again.`,
    );
  }
  if (status === 'enabled' && events.every((event) => sent.includes(event) || sent.includes('*'))) {
    return { id, what: 'there already' };
  }
  await stripe.webhookEndpoints.update(id, {
    enabled_events: [...new Set([...sent, ...events])] as typeof events,
    disabled: false,
  });
  return { id, what: 'changed' };
}
