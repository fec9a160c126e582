import type { KeyKeeper, ProductKey, ProductKeyPatch, ReportedKey } from '../account/key-contract.ts';
import type { AuditAction } from '../directory/audit-tables.ts';
import { ApiError } from '../errors.ts';
import { permissionsOf } from '../lib/organization-roles.ts';
import { type MadeKey, mostKeys, newProductKey, type WantedKey } from '../product-keys/service.ts';
import type { OrganizationKeyAct } from '../wallet/contract.ts';
import type { OrganizationChanges } from './change-service.ts';
import type { Admitted, Organizations } from './service.ts';

/** The object of one organization, as its keys need it. */
type OrganizationKeepers = (organizationId: string) => KeyKeeper<OrganizationKeyAct>;

/**
 * The keys of organizations: they are the organization's, and stay when whoever made them goes. A change is in the audit log before it is
 * made: whoever may not any more is refused there.
 */
export class OrganizationKeys {
  readonly #organizations: Organizations;
  readonly #changes: OrganizationChanges;
  readonly #wallets: OrganizationKeepers;

  constructor(organizations: Organizations, changes: OrganizationChanges, wallets: OrganizationKeepers) {
    this.#organizations = organizations;
    this.#changes = changes;
    this.#wallets = wallets;
  }

  /** All keys, the newest first. */
  async list({ organization: { id, realmId } }: Pick<Admitted, 'organization'>): Promise<ReportedKey[]> {
    const of = { organizationId: id, realmId };
    return (await this.#changes.ask(of, () => this.#wallets(id).productKeys(realmId))).keys;
  }

  /** Throws `too_many_api_keys`, `insufficient_permission` for a scope that is a permission that they do not have, `conflict`. */
  async create(by: Admitted, wanted: WantedKey): Promise<MadeKey> {
    requireReachOf(by, wanted.scopes);
    const most = mostKeys(by.realm);
    if ((await this.list(by)).length >= most) throw new ApiError('too_many_api_keys');
    const { text, key } = newProductKey(by.organization.id, by.actor, wanted, Date.now());
    await this.#note(by, 'organization_key_created', key);
    return { key: (await this.#do(by, (object, act) => object.addProductKey(act, key, most))).key, text };
  }

  /** Throws `api_key_not_found`, `insufficient_permission` as `create` does, `conflict`. */
  async change(by: Admitted, id: string, patch: ProductKeyPatch): Promise<ReportedKey> {
    requireReachOf(by, patch.scopes ?? []);
    await this.#note(by, 'organization_key_changed', await this.#find(by, id), {
      changed: Object.keys(patch),
    });
    return (await this.#do(by, (object, act) => object.changeProductKey(act, id, patch))).key;
  }

  /** From the next decision on the key is none. Throws `api_key_not_found`, `conflict`. */
  async revoke(by: Admitted, id: string): Promise<void> {
    await this.#note(by, 'organization_key_revoked', await this.#find(by, id));
    await this.#do(by, (object, act) => object.removeProductKey(act, id));
  }

  async #find(by: Admitted, id: string): Promise<ProductKey> {
    const found = (await this.list(by)).find((key) => key.id === id);
    if (!found) throw new ApiError('api_key_not_found');
    return found;
  }

  async #note(
    by: Admitted,
    action: AuditAction,
    { id, name }: Pick<ProductKey, 'id' | 'name'>,
    more: Record<string, unknown> = {},
  ): Promise<void> {
    const details = { api_key_id: id, name, ...more };
    await this.#organizations.apply(by, { audit: this.#organizations.entry(by, action, details) });
  }

  #do<Answer extends object>(
    { organization: { id, realmId } }: Admitted,
    work: (object: KeyKeeper<OrganizationKeyAct>, act: OrganizationKeyAct) => Promise<Answer>,
  ) {
    return this.#changes.ask({ organizationId: id, realmId }, () => work(this.#wallets(id), { realmId }));
  }
}

/** A scope that is called as a permission of the realm is one: nobody gives a key what they may not themselves. */
function requireReachOf({ role, roles }: Admitted, scopes: readonly string[]): void {
  if (role === null) return;
  const own = permissionsOf(roles, role);
  const known = permissionsOf(roles, 'owner');
  const beyond = scopes.find((scope) => known.includes(scope) && !own.includes(scope));
  if (beyond !== undefined)
    throw new ApiError('insufficient_permission', { detail: `Your role does not have \`${beyond}\`.` });
}
