import type { Bindings } from '../config/config.ts';
import { isRefusal, type Refusal, refused } from '../errors.ts';
import type { SpendingReport } from './caps-contract.ts';
import type { LiveSession } from './contract.ts';
import { decide, isSureEnough } from './decision.ts';
import type { HistoryObject, HistoryPage, HistoryRows } from './history-contract.ts';
import { MeteredObject } from './metered-object.ts';
import type {
  AuthorizationRequest,
  AuthorizeResult,
  MeteringObject,
  SessionUse,
  Terms,
} from './metering-contract.ts';
import { AccountParts } from './parts.ts';

/** What is asked of an account about its plan, quotas and credits, and of its history. */
export abstract class MeteredAccount extends MeteredObject implements MeteringObject, HistoryObject {
  protected readonly parts: AccountParts;
  protected readonly metering;
  protected readonly metered;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.parts = new AccountParts(ctx, () => this.env);
    this.metering = this.parts.metering;
    this.metered = () => this.parts.state.get();
  }

  async authorize(terms: Terms, request: AuthorizationRequest): Promise<AuthorizeResult> {
    return this.parts.atomically(() => {
      const session = this.#sessionFor({ ...request, spends: request.use !== null || request.credits > 0 });
      if (isRefusal(session)) return session;
      const named = { kind: 'authorize', reference: request.reference } as const;
      return this.metering.request(session.state, terms, named, (metered, books) =>
        decide(metered, books, request),
      );
    });
  }

  async checkFor(use: SessionUse): Promise<{ result: 'ok' } | Refusal> {
    const session = this.#sessionFor(use);
    return isRefusal(session) ? session : { result: 'ok' };
  }

  async history<List extends keyof HistoryRows>(
    list: List,
    page: HistoryPage<HistoryRows[List]>,
  ): Promise<HistoryRows[List][]> {
    return this.parts.atomically(() =>
      this.parts.state.get() ? this.parts.history.read(list, page, Date.now()) : [],
    );
  }

  async spendingCaps(): Promise<Pick<SpendingReport, 'own' | 'operator'>> {
    return this.metering.caps();
  }

  #sessionFor({ sessionId, spends, ...wanted }: SessionUse): LiveSession | Refusal {
    const session = this.parts.signIns.check(sessionId);
    if (isRefusal(session)) return session;
    if (!isSureEnough(session, wanted, Date.now())) return refused('reauthentication_required');
    return session.impersonator !== null && spends ? refused('impersonation_refused') : session;
  }
}
