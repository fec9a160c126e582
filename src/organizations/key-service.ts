import type { KeyKeeper, ProductKeyPatch, ReportedKey } from '../account/key-contract.ts';
import { ApiError } from '../errors.ts';
import { permissionsOf } from '../lib/organization-roles.ts';
import { currentRequestId } from '../lib/request-id.ts';
import { type MadeKey, mostKeys, newProductKey, type WantedKey } from '../product-keys/service.ts';
import type { OrganizationKeyAct } from '../wallet/contract.ts';
import type { OrganizationChanges } from './change-service.ts';
import type { Admitted, AdmittedMember } from './service.ts';

/** The object of one organization, as its keys need it. */
type OrganizationKeepers = (organizationId: string) => KeyKeeper<OrganizationKeyAct>;

/** The keys of organizations: they are the organization's, and stay when whoever made them goes. The object has the audit log told of what is done. */
export class OrganizationKeys {
  readonly #changes: OrganizationChanges;
  readonly #wallets: OrganizationKeepers;

  constructor(changes: OrganizationChanges, wallets: OrganizationKeepers) {
    this.#changes = changes;
    this.#wallets = wallets;
  }

  /** All keys, the newest first. */
  async list({ organization: { id, realmId } }: Pick<Admitted, 'organization'>): Promise<ReportedKey[]> {
    const of = { organizationId: id, realmId };
    return (await this.#changes.ask(of, () => this.#wallets(id).productKeys(realmId))).keys;
  }

  /** Throws `too_many_api_keys`, `insufficient_permission` for a scope that is a permission that they do not have, `conflict`. */
  async create(by: AdmittedMember, wanted: WantedKey): Promise<MadeKey> {
    requireReachOf(by, wanted.scopes);
    const { text, key } = newProductKey(by.organization.id, by.actor, wanted, Date.now());
    const made = await this.#do(by, (object) => object.addProductKey(actOf(by), key, mostKeys(by.realm)));
    return { key: made.key, text };
  }

  /** Throws `api_key_not_found`, `insufficient_permission` as `create` does, `conflict`. */
  async change(by: AdmittedMember, id: string, patch: ProductKeyPatch): Promise<ReportedKey> {
    requireReachOf(by, patch.scopes ?? []);
    const { key } = await this.#do(by, (object) => object.changeProductKey(actOf(by), id, patch));
    return key;
  }

  /**
   * From the next decision on the key is none. `reason` is that of an operator, of whose act those are told who manage keys. Throws
   * `api_key_not_found`, `conflict`.
   */
  async revoke(by: Admitted, id: string, reason?: string): Promise<void> {
    const { realmId } = by.organization;
    const act = isMember(by)
      ? actOf(by)
      : { realmId, operator: by.actor, reason, requestId: currentRequestId() };
    await this.#do(by, (object) => object.removeProductKey(act, id));
  }

  #do<Answer extends object>(
    { organization: { id, realmId } }: Admitted,
    work: (object: KeyKeeper<OrganizationKeyAct>) => Promise<Answer>,
  ) {
    return this.#changes.ask({ organizationId: id, realmId }, () => work(this.#wallets(id)));
  }
}

function isMember(by: Admitted): by is AdmittedMember {
  return by.role !== null;
}

/** The object decides whether they are still what they were when they were let in. */
function actOf({ organization: { realmId }, actor: userId, role }: AdmittedMember): OrganizationKeyAct {
  return { realmId, userId, role, requestId: currentRequestId() };
}

/** A scope that is called as a permission of the realm is one: nobody gives a key what they may not themselves. */
function requireReachOf({ role, roles }: AdmittedMember, scopes: readonly string[]): void {
  const own = permissionsOf(roles, role);
  const known = permissionsOf(roles, 'owner');
  const beyond = scopes.find((scope) => known.includes(scope) && !own.includes(scope));
  if (beyond !== undefined)
    throw new ApiError('insufficient_permission', { detail: `Your role does not have \`${beyond}\`.` });
}
