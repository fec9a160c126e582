import type { Bindings } from '../config/config.ts';
import { isRefusal, type Refusal, refused } from '../errors.ts';
import { auditNoteOf } from './audit-note.ts';
import type { SpendingReport } from './caps-contract.ts';
import { changeMail } from './change-mail.ts';
import type { LiveSession } from './contract.ts';
import { decide, isSureEnough } from './decision.ts';
import type { HistoryObject, HistoryPage, HistoryRows } from './history-contract.ts';
import type {
  KeyAct,
  KeyDecision,
  KeyKeeper,
  KeyRequest,
  NewProductKey,
  OperatorKeyAct,
  ProductKey,
  ProductKeyPatch,
  ReportedKey,
} from './key-contract.ts';
import { decideByKey, reportKeys } from './key-decision.ts';
import { type Answer, MeteredObject } from './metered-object.ts';
import type {
  AuthorizationRequest,
  AuthorizeResult,
  MeteringObject,
  SessionUse,
  Terms,
} from './metering-contract.ts';
import { AccountParts } from './parts.ts';

/** What is asked of an account about its plan, quotas and credits, and of its history. */
export abstract class MeteredAccount
  extends MeteredObject
  implements MeteringObject, HistoryObject, KeyKeeper<KeyAct>
{
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

  async authorizeKey(terms: Terms, request: KeyRequest): Promise<KeyDecision | Refusal> {
    const { keys, metering, state } = this.parts;
    return decideByKey({ keys, metering, state: state.get() }, terms, request);
  }

  async productKeys(realmId: string): Promise<Answer<{ keys: ReportedKey[] }>> {
    if (this.parts.state.get()?.realmId !== realmId) return refused('user_not_found');
    return { result: 'ok', keys: this.#reported(this.parts.keys.list()) };
  }

  async addProductKey(act: KeyAct, key: NewProductKey, most: number): Promise<Answer<{ key: ProductKey }>> {
    return this.#changeKeys(act, 'api_key_created', () =>
      this.parts.keys.add(key, most, () => this.metering.nameRows()),
    );
  }

  async changeProductKey(
    act: KeyAct,
    id: string,
    patch: ProductKeyPatch,
  ): Promise<Answer<{ key: ReportedKey }>> {
    return this.parts.atomically(() => {
      const changed = this.#changeKeys(act, 'api_key_changed', () => this.parts.keys.change(id, patch));
      if (isRefusal(changed)) return changed;
      return { result: 'ok', key: this.#reported([changed.key])[0] as ReportedKey };
    });
  }

  async removeProductKey(act: KeyAct | OperatorKeyAct, id: string): Promise<Answer<{ key: ProductKey }>> {
    return this.#changeKeys(act, 'api_key_revoked', () => this.parts.keys.remove(id));
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

  /** Changes the keys, for a user whose session is alive in that moment or for an operator, and says so in the log. */
  #changeKeys(
    act: KeyAct | OperatorKeyAct,
    type: 'api_key_created' | 'api_key_changed' | 'api_key_revoked',
    work: () => ProductKey | Refusal,
  ): Answer<{ key: ProductKey }> {
    return this.parts.atomically(() => {
      const { projection, signIns } = this.parts;
      const isOperator = 'operator' in act;
      const session = isOperator ? null : signIns.check(act.sessionId);
      if (session && isRefusal(session)) return session;
      const { userId, realmId } = this.parts.state.get() ?? {};
      if (userId === undefined || realmId !== act.realmId) return refused('user_not_found');
      const key = work();
      if (isRefusal(key)) return key;
      const about = { api_key_id: key.id, name: key.name };
      const client = isOperator ? null : act.client;
      if (isOperator) {
        const { operator: actor, reason, requestId } = act;
        const details = { ...about, ...(reason !== undefined && { reason }) };
        projection.log({ type, sessionId: null, client, actor, requestId, details });
        const entry = {
          realmId,
          at: Date.now(),
          actor,
          action: 'user_key_revoked',
          target: userId,
          details,
        } as const;
        projection.tell('audit', auditNoteOf(entry, requestId));
      } else signIns.log(type, act.sessionId, client, { details: about });
      // Whoever got in for a moment must not leave with one that nobody knows of: it outlives the session and the password.
      if (isOperator || type === 'api_key_created') {
        const of = { origin: this.parts.config.ORIGIN, realmId: act.realmId };
        const change = isOperator ? 'own_key_revoked' : 'api_key_created';
        const told = { change, about: key.name, path: '/account/api-keys' } as const;
        projection.tell('mail', changeMail(of, told, client, Date.now()));
      }
      return { result: 'ok', key };
    });
  }

  #reported(keys: ProductKey[]): ReportedKey[] {
    const sums = this.metering.books() && this.parts.keys.isNamed() ? this.parts.keySums : null;
    return reportKeys(keys, sums, Date.now());
  }

  #sessionFor({ sessionId, spends, ...wanted }: SessionUse): LiveSession | Refusal {
    const session = this.parts.signIns.check(sessionId);
    if (isRefusal(session)) return session;
    if (!isSureEnough(session, wanted, Date.now())) return refused('reauthentication_required');
    return session.impersonator !== null && spends ? refused('impersonation_refused') : session;
  }
}
