import { env } from 'cloudflare:workers';
import Stripe from 'stripe';
import { expect, inject } from 'vitest';
import { createStripe } from '../../src/billing/providers/stripe.ts';
import { type Answer, type CallOptions, call, INTERNAL, registerVerified } from './api.ts';
import { meteredUser } from './metering.ts';
import { CREDENTIALS } from './peers/ports.ts';
import type { DeliveredWebhook } from './peers/stripe-emulators.ts';
import { storedOrganization } from './wallet.ts';

const { secretKey, webhookSecrets } = CREDENTIALS.stripe;

/** The adapter, to one of the peers. */
export function stripeAt(peer: 'api' | 'emulate' | 'mock') {
  const apiUrl = `http://127.0.0.1:${inject('peers').stripe[peer]}`;
  return createStripe({ secretKey, webhookSecrets, apiUrl });
}

/** Where the peer is that stands for Stripe. */
export const stripeApiUrl = () => `http://127.0.0.1:${inject('peers').stripe.api}`;

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

/**
 * The environment of a file that asks Stripe for its list of events: other files at the same time have customers of their own,
 * whom it would take for ours without a user. It hears of those alone that it watches (`watch`), and a fault for ` by NAME`
 * is a fault for nobody else.
 */
export const watching = (by: string) => ({ ...env, STRIPE_SECRET_KEY: `${secretKey}_of_${by}` });

/** Puts a customer on the list of events of that file, and of no other. */
export const watch = (by: string, customer: string) => atStripe('watch', { by, customer });

/** What the prices at Stripe stand for in tests. */
export const PRICE_MEANINGS = [
  { price_id: 'price_pro_month', plan: 'pro' },
  { price_id: 'price_pro_year', plan: 'pro' },
  { price_id: 'price_enterprise_month', plan: 'enterprise' },
  { price_id: 'price_credits_500', credits: 500 },
];

/** Says what the prices stand for in the default realm. */
export async function mapPrices(data: unknown = PRICE_MEANINGS): Promise<void> {
  const answer = await call('PUT', '/v1/admin/billing/prices', { headers: INTERNAL, body: { data } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

/** A user with a verified address, and their customer at Stripe. */
export async function payer(options: CallOptions = {}) {
  const { user, access_token: token } = await registerVerified({}, options);
  const opened = await call('POST', '/v1/billing/setup-intent', { ...options, token, body: {} });
  expect(opened.status, JSON.stringify(opened.body)).toBe(201);
  const { customer_id: customerId } = await customerOf(user.id);
  return { userId: user.id, email: user.email, token, customerId };
}

/** The same without a password or session; services act for them. */
export async function silentPayer() {
  const userId = await meteredUser();
  return { userId, customerId: await customerMadeFor(userId) };
}

/** What both kinds of payer are tested by. */
export const KINDS = ['user', 'organization'] as const;

/** A payer of a kind, for whom services act, as requests name them. */
export async function payerOfKind(kind: (typeof KINDS)[number]) {
  const owner = await meteredUser();
  const payerId = kind === 'user' ? owner : await storedOrganization({ [owner]: 'owner' });
  return { payerId, owner, named: namedIn(payerId), customerId: await customerMadeFor(payerId) };
}

const isOrganization = (payerId: string) => payerId.startsWith('org_');
const namedIn = (payerId: string): Record<string, string> =>
  isOrganization(payerId) ? { organization_id: payerId } : { user_id: payerId };

async function customerMadeFor(payerId: string): Promise<string> {
  const opened = await call('POST', '/v1/billing/setup-intent', {
    headers: INTERNAL,
    body: namedIn(payerId),
  });
  expect(opened.status, JSON.stringify(opened.body)).toBe(201);
  return (await customerOf(payerId)).customer_id;
}

export async function customerOf(payerId: string): Promise<{ customer_id: string }> {
  const [table, column] = isOrganization(payerId)
    ? ['organization_customers', 'organization_id']
    : ['billing_customers', 'user_id'];
  const statement = env.DB.prepare(`SELECT * FROM ${table} WHERE ${column} = ?`);
  return (await statement.bind(payerId).first()) as { customer_id: string };
}

interface Signing {
  secret?: string;
  /** Seconds. */
  timestamp?: number;
}

/** The header by which Stripe signs a body. */
export function signatureOf(body: string, { secret = webhookSecrets[0], timestamp }: Signing = {}) {
  const at = timestamp ?? Math.floor(Date.now() / 1000);
  return Stripe.webhooks.generateTestHeaderStringAsync({
    payload: body,
    secret: secret as string,
    timestamp: at,
  });
}

/** Sends an event as Stripe would. */
export async function deliver(event: unknown, signing: Signing = {}): Promise<Answer<any>> {
  const body = JSON.stringify(event);
  return call('POST', '/v1/billing/webhook', {
    raw: body,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': await signatureOf(body, signing),
    },
  });
}

/** Sends everything that Stripe has to tell about that id, in order. */
export async function deliverAll(about: string): Promise<void> {
  for (const event of await eventsAbout(about)) {
    const answer = await deliver(event);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  }
}

/** What a payer has come to: the plan that holds, and the ledger without what differs by chance. */
export async function standing(payerId: string) {
  const headers = INTERNAL;
  const named = new URLSearchParams(namedIn(payerId));
  const [plan, balance, ledger] = await Promise.all([
    call('GET', isOrganization(payerId) ? `/v1/billing/subscription?${named}` : `/v1/users/${payerId}`, {
      headers,
    }),
    call('GET', `/v1/credits/balance?${named}`, { headers }),
    call('GET', `/v1/credits/transactions?${named}`, { headers }),
  ]);
  const table = isOrganization(payerId) ? 'organizations' : 'users';
  const row = await env.DB.prepare(`SELECT plan, plan_expires_at, subscribed FROM ${table} WHERE id = ?`)
    .bind(payerId)
    .first();
  return {
    plan: plan.body.plan as string,
    row,
    balance: balance.body.balance as number,
    ledger: ledger.body.data.map(({ type, amount, reference }: any) => ({ type, amount, reference })) as {
      type: string;
      amount: number;
      reference: string;
    }[],
  };
}

/** The rows of what Stripe has told about that. */
export async function storedEvents(column: 'id' | 'customer_id' | 'subject', value: string): Promise<any[]> {
  const statement = env.DB.prepare(`SELECT * FROM billing_events WHERE ${column} = ? ORDER BY seq`);
  return (await statement.bind(value).all()).results;
}
