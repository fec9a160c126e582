import { auditNoteOf } from '../account/audit-note.ts';
import { changeMail } from '../account/change-mail.ts';
import type { CopyObject, CopyOutcome, CopyPart } from '../account/copy-contract.ts';
import { decide } from '../account/decision.ts';
import type {
  KeyDecision,
  KeyKeeper,
  KeyRequest,
  NewProductKey,
  OperatorKeyAct,
  ProductKey,
  ProductKeyPatch,
  ReportedKey,
} from '../account/key-contract.ts';
import { decideByKey, reportKeys } from '../account/key-decision.ts';
import { MeteredObject } from '../account/metered-object.ts';
import type { Metered, MeteringBooks } from '../account/metering.ts';
import type { Terms } from '../account/metering-contract.ts';
import { copyOf } from '../account/object-copy.ts';
import type { Caps, MemberSum, ModelSum, SpendingDay, SpendingRange } from '../account/sharing-contract.ts';
import type { Bindings } from '../config/config.ts';
import { isRefusal, type Refusal, refused } from '../errors.ts';
import type { Membership, OrganizationKeyAct, OrganizationMirror, OrganizationState } from './contract.ts';
import { OrganizationParts } from './parts.ts';
import type {
  CapReport,
  MemberDecision,
  MemberRequest,
  SharedTerms,
  SpendingObject,
} from './spending-contract.ts';

type Answer<Value> = ({ result: 'ok' } & Value) | Refusal;
type MemberAnswer = { result: 'decided'; decision: MemberDecision } | Refusal;

/**
 * One organization, and the only place that decides about it: who is in it and as what, and what all of them use together. What a method
 * writes is one transaction, as in the account object, whose books it has.
 */
export class Organization
  extends MeteredObject
  implements OrganizationMirror, SpendingObject, CopyObject, KeyKeeper<OrganizationKeyAct>
{
  readonly #parts: OrganizationParts;
  protected readonly metering;
  protected readonly metered;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.#parts = new OrganizationParts(ctx, () => this.env);
    this.metering = this.#parts.metering;
    this.metered = () => this.#parts.state.get();
  }

  // Backups.

  async copy(): Promise<ReadableStream<Uint8Array>> {
    const organization = this.#parts.state.get();
    const chunks = organization ? copyOf(this.ctx.storage, organization.organizationId) : [];
    return new Blob(chunks as Uint8Array<ArrayBuffer>[]).stream();
  }

  async putBack(part: CopyPart): Promise<CopyOutcome> {
    return this.#parts.putBack(part);
  }

  // What the directory tells.

  async announceChange(): Promise<void> {
    this.#parts.atomically(() => this.#parts.expectChange());
  }

  async directoryChanged(organization: OrganizationState, members: Membership[]): Promise<void> {
    this.#parts.atomically(() => this.#parts.adopt(organization, members));
    await this.#parts.tryToTell();
  }

  async organizationDeleted(organization: { organizationId: string; realmId: string }): Promise<void> {
    this.#parts.atomically(() => this.#parts.delete(organization));
    await this.#parts.tryToTell();
  }

  async moved(database: string): Promise<void> {
    this.#parts.atomically(() => this.#parts.state.noteDatabase(database));
  }

  async membership(realmId: string, userId: string): Promise<Answer<Membership>> {
    if (this.metered()?.realmId !== realmId) return refused('organization_not_found');
    const member = this.#parts.members.find(userId);
    if (!member) return refused('not_a_member');
    const { role, version } = member;
    return { result: 'ok', userId, role, version };
  }

  // What members use.

  async authorizeMember(terms: SharedTerms, request: MemberRequest): Promise<MemberAnswer> {
    const { use, credits, reference, roles } = request;
    const { userId, actor } = terms.behalf;
    const work = (metered: Metered, books: MeteringBooks): MemberAnswer => {
      if (metered.state.status !== 'active') return this.metering.suspended();
      const member = userId === null ? null : this.#parts.members.find(userId);
      if (!member) return refused('not_a_member');
      const { role } = member;
      if (roles && !roles.includes(role)) {
        const { entitlement, now } = metered;
        const plan = entitlement.plan.id;
        const quota = use && books.usage.quota(entitlement, use.resource, now);
        const refusal = { allowed: false, reason: 'insufficient_permission', plan, quota } as const;
        return { result: 'decided', decision: { ...refusal, balance: books.ledger.balance(), role } };
      }
      const decided = decide(metered, books, { use, credits, reference, actor });
      return decided.result === 'decided' ? { ...decided, decision: { ...decided.decision, role } } : decided;
    };
    const writes = use !== null || credits > 0 || reference !== null;
    return writes
      ? this.metering.request(this.metered(), terms, { kind: 'authorize', reference }, work)
      : this.metering.run(this.metered(), terms, work);
  }

  async authorizeKey(terms: Terms, request: KeyRequest): Promise<KeyDecision | Refusal> {
    const { keys, metering, state } = this.#parts;
    return decideByKey({ keys, metering, state: state.get() }, terms, request);
  }

  async productKeys(realmId: string): Promise<Answer<{ keys: ReportedKey[] }>> {
    if (this.metered()?.realmId !== realmId) return refused('organization_not_found');
    return { result: 'ok', keys: this.#reported(this.#parts.keys.list()) };
  }

  async addProductKey(
    act: OrganizationKeyAct,
    key: NewProductKey,
    most: number,
  ): Promise<Answer<{ key: ProductKey }>> {
    // Rows of an organization have always said who.
    return this.#changeKeys(act, 'organization_key_created', () => this.#parts.keys.add(key, most, () => {}));
  }

  async changeProductKey(
    act: OrganizationKeyAct,
    id: string,
    patch: ProductKeyPatch,
  ): Promise<Answer<{ key: ReportedKey }>> {
    return this.#parts.atomically(() => {
      const changed = this.#changeKeys(
        act,
        'organization_key_changed',
        () => this.#parts.keys.change(id, patch),
        { changed: Object.keys(patch) },
      );
      if (isRefusal(changed)) return changed;
      return { result: 'ok', key: this.#reported([changed.key])[0] as ReportedKey };
    });
  }

  async removeProductKey(
    act: OrganizationKeyAct | OperatorKeyAct,
    id: string,
  ): Promise<Answer<{ key: ProductKey }>> {
    return this.#changeKeys(act, 'organization_key_revoked', () => this.#parts.keys.remove(id));
  }

  async caps(realmId: string, userId: string | null): Promise<Answer<CapReport>> {
    return this.#unlessStranger(realmId, userId, () => {});
  }

  async setCaps(realmId: string, userId: string | null, caps: Caps | null): Promise<Answer<CapReport>> {
    return this.#parts.atomically(() =>
      this.#unlessStranger(realmId, userId, () => this.#parts.sharing.set(userId, caps)),
    );
  }

  async spendingByMember(
    realmId: string,
    range: SpendingRange,
    { after, limit }: { after: MemberSum | null; limit: number },
  ): Promise<Answer<{ sums: MemberSum[] }>> {
    if (this.metered()?.realmId !== realmId) return refused('organization_not_found');
    const has = this.metering.hasBooks();
    return { result: 'ok', sums: has ? this.#parts.sums.byMember(range, after, limit) : [] };
  }

  async spendingByDay(
    realmId: string,
    range: SpendingRange,
    member: string | null,
  ): Promise<Answer<{ days: SpendingDay[] }>> {
    if (this.metered()?.realmId !== realmId) return refused('organization_not_found');
    const has = this.metering.hasBooks();
    return { result: 'ok', days: has ? this.#parts.sums.byDay(range, member) : [] };
  }

  async spendingByModel(realmId: string, range: SpendingRange): Promise<Answer<{ models: ModelSum[] }>> {
    if (this.metered()?.realmId !== realmId) return refused('organization_not_found');
    const has = this.metering.hasBooks();
    return { result: 'ok', models: has ? this.#parts.sums.byModel(range) : [] };
  }

  override async alarm(): Promise<void> {
    await this.#parts.schedule.run(
      {
        reconcile: () => this.#parts.reconcile(),
        tell: () => this.#parts.tellSome(),
        top_up: () => this.#parts.tellFall(),
        expire: async () => {
          if (this.#parts.state.get()) this.metering.expire(Date.now());
        },
      },
      [this.#parts.projection, this.#parts.feed, this.#parts.pruning],
      Date.now(),
    );
  }

  /** Changes the keys, for a member who is still what they were when they were let in, or for an operator, and has it in the audit log. */
  #changeKeys(
    act: OrganizationKeyAct | OperatorKeyAct,
    action: 'organization_key_created' | 'organization_key_changed' | 'organization_key_revoked',
    work: () => ProductKey | Refusal,
    more: object = {},
  ): Answer<{ key: ProductKey }> {
    return this.#parts.atomically(() => {
      const { organizationId, realmId, status } = this.metered() ?? {};
      if (organizationId === undefined || realmId !== act.realmId) return refused('organization_not_found');
      const isOperator = 'operator' in act;
      if (!isOperator && status !== 'active') return refused('organization_suspended');
      if (!isOperator && this.#parts.members.find(act.userId)?.role !== act.role) return refused('conflict');
      const key = work();
      if (isRefusal(key)) return key;
      const reason = isOperator && act.reason !== undefined ? { reason: act.reason } : {};
      const details = { api_key_id: key.id, name: key.name, ...more, ...reason };
      const actor = isOperator ? act.operator : act.userId;
      const entry = { realmId, at: Date.now(), actor, action, target: organizationId, details };
      this.#parts.projection.note(auditNoteOf(entry, act.requestId));
      if (isOperator) {
        const of = { origin: this.#parts.config.ORIGIN, realmId };
        const path = `/account/organizations/${organizationId}`;
        const told = { change: 'own_key_revoked', about: key.name, path } as const;
        this.#parts.projection.tell(changeMail(of, told, null, Date.now()), 'key_managers');
      }
      return { result: 'ok', key };
    });
  }

  #reported(keys: ProductKey[]): ReportedKey[] {
    return reportKeys(keys, this.metering.books() && this.#parts.sums, Date.now());
  }

  #unlessStranger(realmId: string, userId: string | null, work: () => void): Answer<CapReport> {
    if (this.metered()?.realmId !== realmId) return refused('organization_not_found');
    if (userId !== null && !this.#parts.members.find(userId)) return refused('member_not_found');
    work();
    return { result: 'ok', ...this.#parts.sharing.report(userId, Date.now()) };
  }
}
