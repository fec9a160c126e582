import { DurableObject } from 'cloudflare:workers';
import type { Bindings } from '../config/config.ts';
import { isRefusal, type Refusal, refused } from '../errors.ts';
import { monthOf } from '../lib/calendar.ts';
import type { CapChange, SpendingReport } from './caps-contract.ts';
import type { MeteredState } from './metered-state.ts';
import type { Metering } from './metering.ts';
import type {
  ConsumeResult,
  Consumption,
  CreditAddition,
  CreditRefund,
  CreditResult,
  CreditReversal,
  CreditStanding,
  CreditTransaction,
  CreditUse,
  InvoiceCredits,
  NamedReversal,
  PoolObject,
  QuotaReport,
  ReservationResult,
  ReversedCredits,
  Terms,
  TokenUse,
  UserPlan,
} from './metering-contract.ts';

export type Answer<Value> = ({ result: 'ok' } & Value) | Refusal;

/** What is asked of an object about a plan, quotas and credits: each call checks and changes in one step, without D1. */
export abstract class MeteredObject extends DurableObject<Bindings> implements PoolObject {
  /** The books, and whose they are, as it holds now. */
  protected abstract readonly metering: Metering;
  protected abstract readonly metered: () => MeteredState | undefined;

  async subscription(terms: Terms): Promise<Answer<UserPlan>> {
    return this.metering.run(this.metered(), terms, ({ state, entitlement }) => ({
      result: 'ok',
      ...entitlement,
      expiresAt: state.planExpiresAt,
    }));
  }

  async grantMonthly(terms: Terms): Promise<Answer<{ granted: boolean }>> {
    return this.metering.run(this.metered(), terms, ({ now }, books) => ({
      result: 'ok',
      granted: this.metering.hasGranted(monthOf(now), books),
    }));
  }

  async quotas(terms: Terms): Promise<Answer<QuotaReport>> {
    return this.metering.run(this.metered(), terms, ({ entitlement, now }, { usage }) => ({
      result: 'ok',
      ...usage.report(entitlement, now),
    }));
  }

  async consume(terms: Terms, use: Consumption): Promise<ConsumeResult> {
    const request = { kind: 'consume', reference: use.reference } as const;
    return this.metering.charge(this.metered(), terms, request, ({ entitlement, now }, { usage }) =>
      usage.consume(entitlement, use, now),
    );
  }

  async reserve(
    terms: Terms,
    use: Consumption & { reference: string; seconds: number },
  ): Promise<ReservationResult> {
    const request = { kind: 'reserve', reference: use.reference } as const;
    return this.metering.charge(this.metered(), terms, request, ({ entitlement, now }, { usage }) =>
      usage.reserve(entitlement, use, now),
    );
  }

  async commit(
    terms: Terms,
    reservation: { reference: string; quantity: number | null },
  ): Promise<ReservationResult> {
    return this.metering.change(this.metered(), terms, ({ entitlement, now }, { usage }) =>
      usage.commit(entitlement, reservation, now),
    );
  }

  async release(terms: Terms, { reference }: { reference: string }): Promise<ReservationResult> {
    return this.metering.change(this.metered(), terms, ({ entitlement, now }, { usage }) =>
      usage.release(entitlement, reference, now),
    );
  }

  async recordTokens(terms: Terms, use: TokenUse): Promise<ConsumeResult> {
    const request = { kind: 'tokens', reference: use.requestId } as const;
    return this.metering.charge(this.metered(), terms, request, ({ entitlement, now }, { usage }) =>
      usage.recordTokens(entitlement, use, now),
    );
  }

  async spending(terms: Terms): Promise<Answer<SpendingReport>> {
    return this.metering.run(this.metered(), terms, ({ now }, books) => ({
      result: 'ok',
      ...this.metering.spending(now, books),
    }));
  }

  async capSpending(terms: Terms, change: CapChange): Promise<Answer<SpendingReport>> {
    return this.metering.change(this.metered(), terms, ({ now }, books) => {
      this.metering.cap(change);
      return { result: 'ok', ...this.metering.spending(now, books) };
    });
  }

  async creditBalance(terms: Terms): Promise<Answer<{ balance: number }>> {
    return this.metering.run(this.metered(), terms, (_, { ledger }) => ({
      result: 'ok',
      balance: ledger.balance(),
    }));
  }

  async creditStanding(terms: Terms): Promise<Answer<CreditStanding>> {
    return this.metering.run(this.metered(), terms, ({ now }, { ledger }) => ({
      result: 'ok',
      ...ledger.standing(now),
    }));
  }

  async addCredits(terms: Terms, addition: CreditAddition): Promise<CreditResult> {
    const request = { kind: 'add', reference: addition.reference } as const;
    return this.metering.request(this.metered(), terms, request, ({ now }, { ledger }) =>
      ledger.add(addition, 'add', now),
    );
  }

  async bookCredits(terms: Terms, addition: CreditAddition): Promise<CreditResult> {
    return this.metering.change(this.metered(), terms, ({ now }, { ledger }) =>
      ledger.add(addition, null, now),
    );
  }

  async useCredits(terms: Terms, use: CreditUse): Promise<CreditResult> {
    const request = { kind: 'use', reference: use.reference } as const;
    return this.metering.charge(this.metered(), terms, request, ({ now }, { ledger }) =>
      ledger.use(use, 'use', now),
    );
  }

  async refundCredits(terms: Terms, refund: CreditRefund): Promise<CreditResult> {
    const request = { kind: 'refund', reference: refund.reference } as const;
    return this.metering.request(this.metered(), terms, request, ({ now }, { ledger }) =>
      ledger.refund(refund, now),
    );
  }

  async creditReversal(terms: Terms, reference: string): Promise<Answer<ReversedCredits>> {
    return this.metering.run(this.metered(), terms, (_, { ledger }) => ({
      result: 'ok',
      ...ledger.reversed(reference),
    }));
  }

  async reverseCredits(terms: Terms, reversal: CreditReversal): Promise<Answer<ReversedCredits>> {
    return this.metering.change(this.metered(), terms, ({ now }, { ledger }) => {
      const reversed = ledger.reverse(reversal, now);
      return isRefusal(reversed) ? reversed : { result: 'ok', ...reversed };
    });
  }

  async settleInvoices(
    terms: Terms,
    { invoices, losses }: { invoices: InvoiceCredits[]; losses: CreditReversal[] },
  ): Promise<Answer<{ reversals: NamedReversal[] }>> {
    return this.metering.change(this.metered(), terms, ({ now }, { ledger }) => {
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

  async watchBalance(terms: Terms, below: number | null): Promise<Answer<{ balance: number }>> {
    return this.metering.change(this.metered(), terms, (_, { ledger }) => {
      this.metering.watch(below);
      return { result: 'ok', balance: ledger.balance() };
    });
  }

  async listCredits(
    terms: Terms,
    { before, limit }: { before: number | null; limit: number },
  ): Promise<Answer<{ transactions: CreditTransaction[]; total: number }>> {
    return this.metering.run(this.metered(), terms, (_, { ledger }) => ({
      result: 'ok',
      transactions: ledger.list(before, limit),
      total: ledger.count(),
    }));
  }
}
