import type { Config } from '../config/config.ts';
import type { Credits } from '../credits/service.ts';
import type { Directory } from '../directory/service.ts';
import { ApiError } from '../errors.ts';
import { DAY } from '../lib/time.ts';
import type { MailBudget } from '../messages/budgets.ts';
import type { OrganizationChanges } from '../organizations/change-service.ts';
import type { Plans } from '../plans/service.ts';
import type { Realms } from '../realms/service.ts';
import { Customers } from './customers.ts';
import { BillingEvents } from './events.ts';
import { OverageReports } from './overage-reports.ts';
import { PayerDirectory } from './payer-directory.ts';
import { Payments } from './payments.ts';
import type { BillingProvider } from './port.ts';
import { PriceList } from './price-list.ts';
import { createStripe } from './providers/stripe.ts';
import { Seats } from './seats.ts';
import { StrayPayments } from './stray-payments.ts';
import { Subscriptions } from './subscriptions.ts';
import { TopUps } from './top-ups.ts';

/** What billing is made of. */
export interface BillingDependencies {
  d1: D1Database;
  /** The database with the realm `default`, where it is another. */
  home: D1Database | null;
  /** The name of the database. */
  database: string;
  /** The kits of the other databases, for what Stripe tells, which it tells `DB`; empty in those. */
  others: () => BillingKit[];
  directory: Directory;
  organizations: OrganizationChanges;
  realms: Realms;
  plans: Plans;
  credits: Credits;
  mailBudget: MailBudget;
  config: Config;
}

/** What takes Stripe. */
export interface BillingParts {
  stripe: BillingProvider;
  customers: Customers;
  subscriptions: Subscriptions;
  payments: Payments;
  events: BillingEvents;
  seats: Seats;
  topUps: TopUps;
  overage: OverageReports;
  strays: StrayPayments;
}

/** The parts, put together on first use; without keys of Stripe there are none. */
export class BillingKit {
  readonly deps: BillingDependencies;
  readonly prices: PriceList;
  readonly payers: PayerDirectory;
  #parts: BillingParts | undefined;

  constructor(deps: BillingDependencies) {
    this.deps = deps;
    this.prices = new PriceList(deps.d1, deps.home, deps.plans);
    const { d1, directory, organizations, mailBudget, config } = deps;
    this.payers = new PayerDirectory({ d1, directory, organizations, mailBudget, origin: config.ORIGIN });
  }

  get isConfigured(): boolean {
    const { STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRET: secrets } = this.deps.config;
    return key !== undefined && secrets !== undefined;
  }

  /** Throws `billing_not_configured`. */
  get parts(): BillingParts {
    this.#parts ??= this.#assemble();
    return this.#parts;
  }

  #assemble(): BillingParts {
    const { prices, payers } = this;
    const { d1, config } = this.deps;
    const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecrets } = config;
    if (!secretKey || !webhookSecrets) throw new ApiError('billing_not_configured');
    const checkout = {
      promotionCodes: config.BILLING_PROMOTION_CODES,
      automaticTax: config.BILLING_AUTOMATIC_TAX,
      taxIds: config.BILLING_TAX_IDS,
    };
    const stripe = createStripe({ secretKey, webhookSecrets, apiUrl: config.STRIPE_API_URL, checkout });
    const customers = new Customers(d1, stripe, config.ORIGIN, async (realmId) => {
      const realm = await this.deps.realms.get(realmId).catch(() => null);
      return realm === null || realm.database === this.deps.database;
    });
    const deps = { ...this.deps, stripe, customers, prices, payers };
    const grace = config.BILLING_GRACE_DAYS * DAY;
    const subscriptions = new Subscriptions({ d1, payers, stripe, customers, prices, grace });
    const topUps = new TopUps(deps);
    const payments = new Payments({ ...deps, subscriptions, topUps });
    const strays = new StrayPayments(d1, stripe);
    const events = new BillingEvents({
      ...deps,
      strays,
      subscriptions,
      payments,
      others: () => this.deps.others().map(({ parts }) => parts.events),
    });
    const seats = new Seats({ d1, stripe, customers, subscriptions });
    const overage = new OverageReports({ d1, stripe, customers });
    return { stripe, customers, subscriptions, payments, events, seats, topUps, overage, strays };
  }
}
