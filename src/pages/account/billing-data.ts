import type { Plan, PlanBook, UserPlan } from '../../account/metering-contract.ts';
import type { Invoice, Payer, PaymentMethod } from '../../billing/service.ts';
import type { PriceRow, SubscriptionRow, TopUpRow } from '../../billing/tables.ts';
import { DEFAULT_PLAN, ORGANIZATION_PLAN } from '../../directory/state.ts';
import { ApiError } from '../../errors.ts';
import { billingMessages } from '../../languages/messages.ts';
import { permissionsOf } from '../../lib/organization-roles.ts';
import type { Admitted } from '../../organizations/service.ts';
import type { Visit } from '../kit/visit.ts';
import type { AccountServices } from './visit.ts';

const INVOICES = 12;

/** The payment methods and invoices of a payer, as Stripe has them. */
export interface Wallet {
  methods: PaymentMethod[];
  defaultId: string | null;
  invoices: Invoice[];
  /** Whether there are older invoices. */
  hasOlder: boolean;
}

/** What a payer has and pays, and what they can buy. */
export interface BillingState {
  current: Pick<UserPlan, 'expiresAt'> & { plan: Pick<Plan, 'id' | 'name'> };
  /** The plan that costs nothing. */
  free: string;
  /** How many members and bought seats an organization has; null for a user. */
  seats: { members: number; paid: number | null } | null;
  /** Whether who looks may change it. */
  mayChange: boolean;
  topUp: TopUpRow | null;
  /** The subscription that the payer pays for; null when there is none. */
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
  const payer = { payerId: user.id, realmId: user.realmId };
  const [current, paid, terms, offers, balance, wallet, topUp] = await Promise.all([
    plans.subscription(whose),
    billing.subscription(user.id, principal.bookmark),
    plans.terms(user.realmId),
    billing.offers(user.realmId),
    credits.balance(whose),
    walletOf(billing, payer),
    topUpOf(billing, payer),
  ]);
  const own = { free: DEFAULT_PLAN, seats: null, mayChange: true };
  return { current, paid, plans: terms.plans, offers, balance, wallet, topUp, ...own };
}

/** The same for an organization, whose billing who looks may read. */
export async function organizationBillingState(
  services: AccountServices,
  visit: Visit,
  { organization, role, roles }: Admitted,
): Promise<BillingState & { email: string | null }> {
  const { billing, credits, plans } = services;
  const payer = { payerId: organization.id, realmId: organization.realmId };
  const party = { realmId: payer.realmId, organizationId: payer.payerId, userId: null, actor: 'system' };
  const [{ row, paid }, terms, offers, balance, wallet, topUp] = await Promise.all([
    billing.plan(payer, visit.principal.bookmark),
    plans.terms(payer.realmId),
    billing.offers(payer.realmId),
    credits.balance(party),
    walletOf(billing, payer),
    topUpOf(billing, payer),
  ]);
  const name = billingMessages[visit.view.language].ofOrganization;
  return {
    current: { plan: terms.plans[row.plan] ?? { id: row.plan, name }, expiresAt: row.planExpiresAt },
    free: ORGANIZATION_PLAN,
    seats: { members: row.members, paid: row.paidSeats },
    mayChange: permissionsOf(roles, role ?? '').includes('billing:manage'),
    email: row.billingEmail,
    ...{ paid, plans: terms.plans, offers, balance, wallet, topUp },
  };
}

/** What is set about topping up; nothing where nothing can be bought. */
async function topUpOf(billing: AccountServices['billing'], payer: Payer): Promise<TopUpRow | null> {
  return billing.isConfigured ? billing.topUp(payer) : null;
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
