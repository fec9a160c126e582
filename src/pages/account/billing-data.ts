import type { PlanBook, UserPlan } from '../../account/metering-contract.ts';
import type { Invoice, Payer, PaymentMethod } from '../../billing/service.ts';
import type { PriceRow, SubscriptionRow } from '../../billing/tables.ts';
import { ApiError } from '../../errors.ts';
import type { Visit } from '../kit/visit.ts';
import type { AccountServices } from './visit.ts';

const INVOICES = 12;

/** The payment methods and invoices of a user, as Stripe has them. */
export interface Wallet {
  methods: PaymentMethod[];
  defaultId: string | null;
  invoices: Invoice[];
  /** Whether there are older invoices. */
  hasOlder: boolean;
}

/** What a user has and pays, and what they can buy. */
export interface BillingState {
  current: UserPlan;
  /** The subscription that the user pays for; null when there is none. */
  paid: SubscriptionRow | null;
  plans: PlanBook;
  offers: PriceRow[];
  balance: number;
  /** Or why Stripe gives none. */
  wallet: Wallet | 'billing_not_configured' | 'service_unavailable';
}

/** Reads what the billing page shows. When Stripe does not answer, only what Stripe alone knows is missing. */
export async function billingState(services: AccountServices, visit: Visit): Promise<BillingState> {
  const { billing, credits, plans } = services;
  const { principal, user } = visit;
  const whose = { userId: user.id, realmId: user.realmId };
  const [current, paid, terms, offers, balance, wallet] = await Promise.all([
    plans.subscription(whose),
    billing.subscription(user.id, principal.bookmark),
    plans.terms(user.realmId),
    billing.offers(user.realmId),
    credits.balance(whose),
    walletOf(billing, { payerId: user.id, realmId: user.realmId }),
  ]);
  return { current, paid, plans: terms.plans, offers, balance, wallet };
}

async function walletOf(billing: AccountServices['billing'], payer: Payer): Promise<BillingState['wallet']> {
  try {
    const [{ methods, defaultId }, { invoices, nextCursor }] = await Promise.all([
      billing.paymentMethods(payer),
      billing.invoices(payer, { limit: INVOICES, cursor: undefined }),
    ]);
    return { methods, defaultId, invoices, hasOlder: nextCursor !== null };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code !== 'billing_not_configured' && error.code !== 'service_unavailable') throw error;
    return error.code;
  }
}
