import { randomBytes } from 'node:crypto';
import { type Answer, type Arrived, startHttp } from './http.ts';
import { CREDENTIALS } from './ports.ts';
import { invalid, StripeAccount, StripeRefusal } from './stripe-account.ts';
import { StripeMeters } from './stripe-meters.ts';

type Json = Record<string, any>;

/**
 * Requests that shall fail: those whose method, path and body match, so many times. `hung`: no answer while anybody waits. `late`: what is so now, in a while. `lost`: it is done, and
 * the answer does not arrive.
 */
interface Fault {
  pattern: string;
  status: number | 'drop' | 'hung' | 'late' | 'lost';
  times: number;
}

/**
 * Stripe's API as far as billing uses it, written from the API reference: no emulator has setup intents, the portal,
 * invoices, refunds of them, or subscriptions as they are today. `/_test/…` is what happens at Stripe without Latchkey:
 * a checkout is completed, a period ends, a card is charged.
 */
export async function startStripe() {
  const account = new StripeAccount();
  const meters = new StripeMeters(account);
  const replies = new Map<string, { body: string; answer: Answer }>();
  const requests: string[] = [];
  const faults: Fault[] = [];

  const server = await startHttp(async (request) => {
    const { method, path, headers, body } = request;
    if (path.startsWith('/_test/')) return control(request);
    const secret = headers.authorization?.replace(/^Bearer /, '') ?? '';
    // A test file that asks for the list of events, or has requests fail that name nobody, has a key of its own.
    const [own, watcher] = secret.split('_of_') as [string, string | undefined];
    const said = `${method} ${path} ${decodeURIComponent(body)}${watcher ? ` by ${watcher}` : ''}`;
    requests.push(said);
    const key = method === 'POST' ? headers['idempotency-key'] : undefined;
    const fault = faults.find((one) => one.times > 0 && new RegExp(one.pattern).test(said));
    if (fault) {
      fault.times -= 1;
      if (fault.status === 'drop') return 'drop';
      if (fault.status === 'hung') {
        await new Promise((resolve) => setTimeout(resolve, 30_000).unref());
        return 'drop';
      }
      if (fault.status === 'lost') {
        if (key !== undefined && !replies.has(key))
          replies.set(key, {
            body: `${path}?${body}`,
            answer: attempt(() => route({ account, meters }, request, watcher)),
          });
        return 'drop';
      }
      if (fault.status === 'late') {
        const answer = attempt(() => route({ account, meters }, request, watcher));
        await new Promise((resolve) => setTimeout(resolve, 600));
        return answer;
      }
      return refuse(new StripeRefusal(fault.status, { type: 'api_error', message: 'Something went wrong' }));
    }
    if (own !== CREDENTIALS.stripe.secretKey) {
      return refuse(
        new StripeRefusal(401, { type: 'invalid_request_error', message: 'Invalid API Key provided' }),
      );
    }
    // Nothing answers at once, so that requests overlap.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
    const known = key === undefined ? undefined : replies.get(key);
    if (known) {
      return known.body === `${path}?${body}`
        ? known.answer
        : refuse(
            new StripeRefusal(400, { type: 'idempotency_error', message: 'Other parameters than before' }),
          );
    }
    const answer = attempt(() => route({ account, meters }, request, watcher));
    if (key !== undefined) replies.set(key, { body: `${path}?${body}`, answer });
    return answer;
  });

  function control({ path, body }: Arrived): Answer {
    const action = path.slice('/_test/'.length);
    const given: Json = body ? JSON.parse(body) : {};
    if (action === 'faults') {
      faults.push(given as Fault);
      return json({});
    }
    if (action === 'requests') {
      return json(requests.filter((one) => new RegExp(given.pattern).test(one)));
    }
    if (action === 'events') {
      const about = (event: Json) => JSON.stringify(event).includes(given.about);
      return json(account.events.filter(about));
    }
    if (action === 'objects') {
      const { object, ...fields } = given;
      const matches = (one: Json) => Object.entries(fields).every(([name, value]) => one[name] === value);
      return json(account.list(object, matches));
    }
    if (action === 'meter-events') return json(meters.of(given.customer));
    if (action === 'lose-meter-events') return json(meters.lose(given.customer));
    if (action === 'count-meter-events') return json(meters.setCounted(given.customer, given.counts));
    if (action === 'meter-event') return attempt(() => meters.take(given));
    return attempt(() => happen(account, action, given));
  }

  return server;
}

/** What happens at Stripe by itself, or by somebody else. */
function happen(account: StripeAccount, action: string, given: Json): Json {
  const { id } = given;
  switch (action) {
    case 'attach':
      return account.attach(given.customer, given);
    case 'decline':
      return Object.assign(account.get(id), { declines: given.declines ?? true });
    case 'detach':
      return account.detach(id);
    case 'settle-payment':
      return account.settlePayment(id, given.pays);
    case 'subscribe':
      return account.createSubscription(given);
    case 'complete':
      return account.complete(id);
    case 'renew':
      return account.renew(id, given.pays);
    case 'bill-use':
      return account.billUse(id, given.price, given.amount);
    case 'pay':
      return account.payLatest(id);
    case 'end':
      return account.end(account.get(id));
    case 'change-price':
      return account.updateSubscription(id, { items: [{ id: given.item, price: given.price }] });
    case 'set-quantity': {
      const [item] = account.get(id).items.data;
      return account.updateSubscription(id, { items: [{ id: item.id, quantity: given.quantity }] });
    }
    case 'cancel-with-proration':
      return account.cancelWithProration(id);
    case 'cancel-at':
      return account.updateSubscription(id, { cancel_at: given.at });
    case 'credit':
      return account.credit(id, given.amount);
    case 'watch':
      account.watchers.set(given.customer, given.by);
      return {};
    case 'clock':
      account.ahead.set(given.customer, given.ahead);
      return {};
    case 'trial-ending':
      return account.tell('customer.subscription.trial_will_end', account.get(id));
    case 'delete-customer':
      return account.deleteCustomer(id);
    case 'refund':
      return account.refund(id, given.amount);
    case 'dispute':
      return account.dispute(id);
    case 'close-dispute':
      return account.closeDispute(id, given.status);
    case 'forget-event':
      account.events.splice(0, account.events.length, ...account.events.filter((event) => event.id !== id));
      return {};
    default:
      throw invalid(`no such action: ${action}`);
  }
}

interface Stripe {
  account: StripeAccount;
  meters: StripeMeters;
}

/** `watcher` is the test file whose key it is, if it has one of its own. */
function route(
  { account, meters }: Stripe,
  { method, path, body }: Arrived,
  watcher: string | undefined,
): Json {
  const url = new URL(path, 'http://stripe');
  const params = parseForm(new URLSearchParams(method === 'GET' ? url.search : body));
  const [, , ...segments] = url.pathname.split('/');
  const [id] = ['checkout', 'billing_portal', 'billing'].includes(segments[0] ?? '')
    ? segments.slice(2)
    : segments.slice(1);
  const collection = segments.map((segment) => (segment === id ? '{id}' : segment)).join('/');
  const page = (objects: Json[]) => list(objects, params);
  switch (`${method} ${collection}`) {
    case 'POST customers':
      return account.createCustomer(params);
    case 'GET customers/{id}':
      return account.get(id);
    case 'POST customers/{id}':
      return account.updateCustomer(id as string, params);
    case 'DELETE customers/{id}':
      return account.deleteCustomer(id as string);
    case 'POST prices':
      return account.createPrice(params);
    case 'GET prices':
      return page(
        account
          .list('price', (one) => params.active === undefined || String(one.active) === params.active)
          .map((one) => ({
            ...one,
            product: { id: `prod_${one.id}`, object: 'product', name: `Product of ${one.id}` },
          })),
      );
    case 'GET prices/{id}':
    case 'GET payment_methods/{id}':
    case 'GET checkout/sessions/{id}':
    case 'GET invoices/{id}':
    case 'GET charges/{id}':
      return account.get(id);
    case 'POST checkout/sessions':
      return openCheckout(account, params);
    case 'GET checkout/sessions':
      return page(
        account.list(
          'checkout.session',
          (one) =>
            (!params.customer || one.customer === params.customer) &&
            (!params.status || one.status === params.status) &&
            (!params.payment_intent || one.payment_intent === params.payment_intent),
        ),
      );
    case 'POST checkout/sessions/{id}/expire': {
      const session = account.get(id);
      if (session.status !== 'open') throw invalid('Only open sessions can be expired');
      return Object.assign(session, { status: 'expired', url: null });
    }
    case 'GET webhook_endpoints':
      return page(account.list('webhook_endpoint').map(({ secret: _, ...shown }) => shown));
    case 'POST webhook_endpoints':
      return account.put('we', {
        object: 'webhook_endpoint',
        ...params,
        status: 'enabled',
        secret: `whsec_${randomBytes(24).toString('hex')}`,
      });
    case 'POST webhook_endpoints/{id}':
      return Object.assign(account.get(id), params, {
        status: params.disabled === 'true' ? 'disabled' : 'enabled',
      });
    case 'POST billing_portal/sessions': {
      const { customer, return_url } = params;
      account.get(customer, 'customer');
      const portal = { object: 'billing_portal.session', customer, return_url };
      return { ...account.put('bps', portal), url: 'https://billing.stripe.com/p/session/test' };
    }
    case 'POST setup_intents': {
      account.get(params.customer, 'customer');
      const intent = account.put('seti', {
        object: 'setup_intent',
        ...params,
        status: 'requires_payment_method',
      });
      return Object.assign(intent, { client_secret: `${intent.id}_secret_test` });
    }
    case 'GET payment_methods':
      return page(account.list('payment_method', (one) => one.customer === params.customer));
    case 'POST payment_methods/{id}/detach':
      return account.detach(id as string);
    case 'POST payment_intents':
      return account.payOffSession(params);
    case 'POST refunds':
      return account.refundPayment(params);
    case 'GET payment_intents/{id}':
      return account.get(id);
    case 'GET payment_intents':
      return page(
        account.list(
          'payment_intent',
          (one) =>
            (!params.customer || one.customer === params.customer) &&
            one.created >= Number(params.created?.gte ?? 0),
        ),
      );
    case 'GET billing/meters':
      return page(account.list('billing.meter', (one) => !params.status || one.status === params.status));
    case 'GET billing/meters/{id}':
      return account.get(id);
    case 'GET billing/meters/{id}/event_summaries':
      return page(meters.summaries(id as string, params));
    case 'POST billing/meter_events':
      return meters.take(params);
    case 'POST subscriptions':
      return expanded(account, account.createSubscription(params));
    case 'GET subscriptions/{id}':
      return expanded(account, account.get(id));
    case 'POST subscriptions/{id}':
      return expanded(account, account.updateSubscription(id as string, params));
    case 'GET subscriptions': {
      const live = (one: Json) => one.customer === params.customer && one.status !== 'canceled';
      return page(account.list('subscription', live).map((one) => expanded(account, one)));
    }
    case 'GET invoices':
      return page(
        account.list(
          'invoice',
          (one) =>
            one.customer === params.customer &&
            (!params.status || one.status === params.status) &&
            one.created >= Number(params.created?.gte ?? 0),
        ),
      );
    case 'GET invoice_payments': {
      const intent = params.payment?.payment_intent;
      return page(
        account.list(
          'invoice_payment',
          (one) =>
            (!intent || one.payment.payment_intent === intent) &&
            (!params.invoice || one.invoice === params.invoice),
        ),
      );
    }
    case 'GET charges':
      return page(account.list('charge', (one) => one.payment_intent === params.payment_intent));
    case 'GET credit_notes':
      return page(account.list('credit_note', (one) => one.invoice === params.invoice));
    case 'GET disputes':
      return page(account.list('dispute', (one) => one.charge === params.charge));
    case 'GET events': {
      const types = Object.values(params.types ?? {});
      const since = Number(params.created?.gte ?? 0);
      // Other files ask for this list too, and would delete customers whose users they do not know.
      const chargeOf = (charge: string) => account.list('charge', (one) => one.id === charge)[0];
      const customerOf = ({ data: { object } }: Json) =>
        object.customer ?? (object.charge && chargeOf(object.charge)?.customer) ?? object.id;
      const isApart = (event: Json) =>
        account.watchers.get(customerOf(event)) !== watcher ||
        (watcher === undefined && account.ahead.has(customerOf(event)));
      return page(
        account.events
          .filter((one) => types.includes(one.type) && one.created >= since && !isApart(one))
          .toReversed(),
      );
    }
    default:
      throw new StripeRefusal(404, {
        type: 'invalid_request_error',
        message: `Unrecognized request URL (${method}: ${url.pathname})`,
      });
  }
}

function openCheckout(account: StripeAccount, params: Json): Json {
  account.get(params.customer, 'customer');
  const [wanted] = params.line_items;
  account.get(wanted.price, 'line_items[0][price]');
  const byUse = params.line_items.slice(1).map(({ price, quantity }: Json) => {
    if (account.get(price).recurring?.usage_type !== 'metered' || quantity !== undefined)
      throw invalid('What is paid by use has no quantity');
    return { price };
  });
  const { mode, customer, metadata = {}, success_url, cancel_url } = params;
  const session = account.put('cs_test', {
    object: 'checkout.session',
    mode,
    customer,
    metadata,
    success_url,
    cancel_url,
    status: 'open',
    payment_status: 'unpaid',
    subscription: null,
    payment_intent: null,
    wanted: { price: wanted.price, quantity: Number(wanted.quantity), byUse },
  });
  return Object.assign(session, { url: `https://checkout.stripe.com/c/pay/${session.id}` });
}

function expanded(account: StripeAccount, subscription: Json): Json {
  const { latest_invoice: invoice } = subscription;
  return { ...subscription, latest_invoice: invoice ? account.get(invoice) : null };
}

function list(objects: Json[], params: Json): Json {
  const limit = Number(params.limit ?? 10);
  const start = params.starting_after ? objects.findIndex(({ id }) => id === params.starting_after) + 1 : 0;
  const data = objects.slice(start, start + limit);
  return { object: 'list', data, has_more: objects.length > start + limit, url: '/v1/list' };
}

/** `items[0][price]=x` as objects; lists are objects by index. */
function parseForm(form: URLSearchParams): Json {
  const result: Json = {};
  for (const [name, value] of form) {
    const keys = name.split(/[[\]]+/).filter(Boolean);
    const last = keys.pop() as string;
    let target = result;
    for (const key of keys) target = target[key] ??= {};
    target[last] = value;
  }
  const lists = (value: any): any => {
    if (typeof value !== 'object') return value;
    const entries = Object.entries(value).map(([key, inner]) => [key, lists(inner)] as const);
    return entries.every(([key]) => /^\d+$/.test(key)) && entries.length > 0
      ? entries.map(([, inner]) => inner)
      : Object.fromEntries(entries);
  };
  return lists(result);
}

function attempt(act: () => Json): Answer {
  try {
    return json(act());
  } catch (error) {
    if (error instanceof StripeRefusal) return refuse(error);
    throw error;
  }
}

function json(body: unknown): Answer {
  return { status: 200, body: JSON.stringify(body) };
}

function refuse({ status, error }: StripeRefusal): Answer {
  return { status, body: JSON.stringify({ error }), headers: { 'request-id': 'req_test' } };
}
