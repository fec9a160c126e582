import { DurableObject } from 'cloudflare:workers';
import type { Bindings } from '../config/config.ts';
import { isRefusal, type Refusal, refused } from '../errors.ts';
import { monthOf } from '../lib/calendar.ts';
import { decide, isSureEnough } from './decision.ts';
import type { HistoryObject, HistoryPage, HistoryRows } from './history-contract.ts';
import type {
  AuthorizationRequest,
  AuthorizeResult,
  ConsumeResult,
  Consumption,
  CreditAddition,
  CreditRefund,
  CreditResult,
  CreditReversal,
  CreditTransaction,
  CreditUse,
  InvoiceCredits,
  MeteringObject,
  NamedReversal,
  QuotaReport,
  ReservationResult,
  ReversedCredits,
  Terms,
  TokenUse,
  UserPlan,
} from './metering-contract.ts';
import { AccountParts } from './parts.ts';

type Answer<Value> = ({ result: 'ok' } & Value) | Refusal;

/** What is asked of an account about its plan, quotas and credits, and of its history. */
export abstract class MeteredAccount
  extends DurableObject<Bindings>
  implements MeteringObject, HistoryObject
{
  protected readonly parts: AccountParts;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.parts = new AccountParts(ctx, () => this.env);
  }

  // Plan, quotas, credits: each call checks and changes in one step, without D1.

  async authorize(terms: Terms, request: AuthorizationRequest): Promise<AuthorizeResult> {
    return this.parts.atomically(() => {
      const session = this.parts.signIns.check(request.sessionId);
      if (isRefusal(session)) return session;
      if (!isSureEnough(session, request, Date.now())) return refused('reauthentication_required');
      const spends = request.use !== null || request.credits > 0;
      if (session.impersonator !== null && spends) return refused('impersonation_refused');
      const named = { kind: 'authorize', reference: request.reference } as const;
      return this.parts.metering.request(session.state, terms, named, (metered, books) =>
        decide(metered, books, request),
      );
    });
  }

  async subscription(terms: Terms): Promise<Answer<UserPlan>> {
    return this.parts.metering.run(this.parts.state.get(), terms, ({ state, entitlement }) => ({
      result: 'ok',
      ...entitlement,
      expiresAt: state.planExpiresAt,
    }));
  }

  async grantMonthly(terms: Terms): Promise<Answer<{ granted: boolean }>> {
    return this.parts.metering.run(this.parts.state.get(), terms, ({ now }, books) => ({
      result: 'ok',
      granted: this.parts.metering.hasGranted(monthOf(now), books),
    }));
  }

  async quotas(terms: Terms): Promise<Answer<QuotaReport>> {
    return this.parts.metering.run(this.parts.state.get(), terms, ({ entitlement, now }, { usage }) => ({
      result: 'ok',
      ...usage.report(entitlement, now),
    }));
  }

  async consume(terms: Terms, use: Consumption): Promise<ConsumeResult> {
    const request = { kind: 'consume', reference: use.reference } as const;
    return this.parts.metering.charge(
      this.parts.state.get(),
      terms,
      request,
      ({ entitlement, now }, { usage }) => usage.consume(entitlement, use, now),
    );
  }

  async reserve(
    terms: Terms,
    use: Consumption & { reference: string; seconds: number },
  ): Promise<ReservationResult> {
    const request = { kind: 'reserve', reference: use.reference } as const;
    return this.parts.metering.charge(
      this.parts.state.get(),
      terms,
      request,
      ({ entitlement, now }, { usage }) => usage.reserve(entitlement, use, now),
    );
  }

  async commit(
    terms: Terms,
    reservation: { reference: string; quantity: number | null },
  ): Promise<ReservationResult> {
    return this.parts.metering.change(this.parts.state.get(), terms, ({ entitlement, now }, { usage }) =>
      usage.commit(entitlement, reservation, now),
    );
  }

  async release(terms: Terms, { reference }: { reference: string }): Promise<ReservationResult> {
    return this.parts.metering.change(this.parts.state.get(), terms, ({ entitlement, now }, { usage }) =>
      usage.release(entitlement, reference, now),
    );
  }

  async recordTokens(terms: Terms, use: TokenUse): Promise<ConsumeResult> {
    const request = { kind: 'tokens', reference: use.requestId } as const;
    return this.parts.metering.charge(
      this.parts.state.get(),
      terms,
      request,
      ({ entitlement, now }, { usage }) => usage.recordTokens(entitlement, use, now),
    );
  }

  async creditBalance(terms: Terms): Promise<Answer<{ balance: number }>> {
    return this.parts.metering.run(this.parts.state.get(), terms, (_, { ledger }) => ({
      result: 'ok',
      balance: ledger.balance(),
    }));
  }

  async addCredits(terms: Terms, addition: CreditAddition): Promise<CreditResult> {
    const request = { kind: 'add', reference: addition.reference } as const;
    return this.parts.metering.request(this.parts.state.get(), terms, request, ({ now }, { ledger }) =>
      ledger.add(addition, 'add', now),
    );
  }

  async bookCredits(terms: Terms, addition: CreditAddition): Promise<CreditResult> {
    return this.parts.metering.change(this.parts.state.get(), terms, ({ now }, { ledger }) =>
      ledger.add(addition, null, now),
    );
  }

  async useCredits(terms: Terms, use: CreditUse): Promise<CreditResult> {
    const request = { kind: 'use', reference: use.reference } as const;
    return this.parts.metering.charge(this.parts.state.get(), terms, request, ({ now }, { ledger }) =>
      ledger.use(use, 'use', now),
    );
  }

  async refundCredits(terms: Terms, refund: CreditRefund): Promise<CreditResult> {
    const request = { kind: 'refund', reference: refund.reference } as const;
    return this.parts.metering.request(this.parts.state.get(), terms, request, ({ now }, { ledger }) =>
      ledger.refund(refund, now),
    );
  }

  async creditReversal(terms: Terms, reference: string): Promise<Answer<ReversedCredits>> {
    return this.parts.metering.run(this.parts.state.get(), terms, (_, { ledger }) => ({
      result: 'ok',
      ...ledger.reversed(reference),
    }));
  }

  async reverseCredits(terms: Terms, reversal: CreditReversal): Promise<Answer<ReversedCredits>> {
    return this.parts.metering.change(this.parts.state.get(), terms, ({ now }, { ledger }) => {
      const reversed = ledger.reverse(reversal, now);
      return isRefusal(reversed) ? reversed : { result: 'ok', ...reversed };
    });
  }

  async settleInvoices(
    terms: Terms,
    { invoices, losses }: { invoices: InvoiceCredits[]; losses: CreditReversal[] },
  ): Promise<Answer<{ reversals: NamedReversal[] }>> {
    return this.parts.metering.change(this.parts.state.get(), terms, ({ now }, { ledger }) => {
      if (losses.some(({ reference, revision }) => ledger.reversed(reference).revision !== revision)) {
        return refused('conflict');
      }
      for (const one of invoices) {
        const booked = ledger.bookInvoice(one, now);
        if (booked && isRefusal(booked)) return booked;
      }
      for (const one of losses) {
        // An earlier one may just have been made up for.
        const { revision } = ledger.reversed(one.reference);
        ledger.reverse({ ...one, revision }, now);
      }
      return { result: 'ok', reversals: ledger.reversedInvoices() };
    });
  }

  async listCredits(
    terms: Terms,
    { before, limit }: { before: number | null; limit: number },
  ): Promise<Answer<{ transactions: CreditTransaction[]; total: number }>> {
    return this.parts.metering.run(this.parts.state.get(), terms, (_, { ledger }) => ({
      result: 'ok',
      transactions: ledger.list(before, limit),
      total: ledger.count(),
    }));
  }

  async history<List extends keyof HistoryRows>(
    list: List,
    page: HistoryPage<HistoryRows[List]>,
  ): Promise<HistoryRows[List][]> {
    return this.parts.atomically(() =>
      this.parts.state.get() ? this.parts.history.read(list, page, Date.now()) : [],
    );
  }
}
