import { CONTROL } from '../config/databases.ts';
import { ORGANIZATION_PLAN } from '../directory/state.ts';
import type { OrganizationState } from './contract.ts';

/** An organization that is no more. */
export interface DeletedOrganization {
  organizationId: string;
  realmId: string;
  database?: string;
}

/** The object's copy of what the directory says of the organization. Versions only rise: an older row never replaces a newer copy. */
export class OrganizationStateStore {
  readonly #kv: SyncKvStorage;
  #state: OrganizationState | undefined;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
    this.reload();
  }

  /** Reads the copy again: what was written last was undone. */
  reload(): void {
    this.#state = this.#kv.get<OrganizationState>('state');
  }

  /** As it holds now: a plan that has lapsed is no plan, whether the directory says so already or not. */
  get(): OrganizationState | undefined {
    const state = this.#state;
    if (!state?.planExpiresAt || Date.now() < state.planExpiresAt) return state;
    return { ...state, plan: ORGANIZATION_PLAN, planExpiresAt: null, subscribed: false };
  }

  /** Which organization was deleted, if it was that of this object. Kept for good: what comes late must not bring it back. */
  deleted(): DeletedOrganization | undefined {
    return this.#state ? undefined : this.#kv.get('deleted');
  }

  /** Takes over a row that is newer than the copy; whether it did. */
  adopt(row: OrganizationState): boolean {
    if (this.deleted() || row.version <= (this.#state?.version ?? -1)) return false;
    this.#put(row);
    return true;
  }

  /** What comes of the directory is news, whatever was known: it is another state of that. */
  forgetVersion(): void {
    if (this.#state) this.#put({ ...this.#state, version: -1 });
  }

  /** The organization lives in another database now. */
  noteDatabase(database: string): void {
    const known = this.#state;
    if (!known || (known.database ?? CONTROL) === database) return;
    const { database: _, ...rest } = known;
    this.#put({ ...rest, ...(database !== CONTROL && { database }) });
  }

  /** Forgets all but that there was such an organization. */
  markDeleted({ organizationId, realmId }: DeletedOrganization): void {
    const { database } = this.#state ?? {};
    for (const [key] of this.#kv.list()) if (key !== 'due') this.#kv.delete(key);
    this.#kv.put('deleted', { organizationId, realmId, ...(database !== undefined && { database }) });
    this.#state = undefined;
  }

  #put(state: OrganizationState): void {
    this.#state = state;
    this.#kv.put('state', state);
  }
}
