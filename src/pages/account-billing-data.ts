import type { PlanBook, UserPlan } from '../account/metering-contract.ts';
import type { Invoice, PaymentMethod } from '../billing/service.ts';
import type { PriceRow, SubscriptionRow } from '../billing/tables.ts';
import { ApiError } from '../errors.ts';
import type { AccountServices, Visit } from './account-visit.ts';

const INVOICES = 12;

/** How somebody pays, and has paid; as Stripe has it. */
export interface Wallet {
  methods: PaymentMethod[];
  defaultId: string | null;
  invoices: Invoice[];
  /** There are older invoices. */
  hasOlder: boolean;
}

/** What somebody has and pays, and what they can buy. */
export interface Account {
  current: UserPlan;
  /** What is paid for; null when nothing is. */
  paid: SubscriptionRow | null;
  plans: PlanBook;
  offers: PriceRow[];
  balance: number;
  /** Or why there is none. */
  wallet: Wallet | 'billing_not_configured' | 'service_unavailable';
}

/** What the billing page is about. Only what Stripe alone knows is missing when it does not answer. */
export async function accountAt(services: AccountServices, visit: Visit): Promise<Account> {
  const { billing, credits, plans } = services;
  const { principal, user } = visit;
  const whose = { userId: user.id, realmId: user.realmId };
  const [current, paid, terms, offers, balance, wallet] = await Promise.all([
    plans.subscription(whose),
    billing.subscription(user.id, principal.bookmark),
    plans.terms(user.realmId),
    billing.offers(user.realmId),
    credits.balance(whose),
    walletOf(billing, whose),
  ]);
  return { current, paid, plans: terms.plans, offers, balance, wallet };
}

async function walletOf(
  billing: AccountServices['billing'],
  payer: { userId: string; realmId: string },
): Promise<Account['wallet']> {
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
