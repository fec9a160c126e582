import type { Realm } from '../lib/realm.ts';
import { MINUTE, SECOND } from '../lib/time.ts';
import type { Take } from '../messages/budgets.ts';
import { descriptionIn, isDocumentAddress } from './client-document.ts';
import { hasSector, type Sectors } from './client-sectors.ts';
import { ClientSites } from './client-site.ts';
import type { SelfDescription } from './registration-schemas.ts';
import type { OAuthClientRow } from './tables.ts';

const MAX_BYTES = 5 * 1024;
/** How many documents a realm has fetched in a minute that are not known: whoever names an address has it fetched, and hosts are many. */
const PER_REALM = 600;

/** Clients whose id is the address of a document that describes them, where a realm takes such. */
export class ClientDocuments {
  readonly #realms: { get(id: string): Promise<Realm> };
  readonly #take: Take;
  readonly #local: boolean;
  readonly #sites: ClientSites<SelfDescription>;

  /** `local` takes documents of this machine too. */
  constructor(
    { realms, sectors }: { realms: { get(id: string): Promise<Realm> }; sectors: Sectors },
    take: Take,
    local: boolean,
  ) {
    this.#realms = realms;
    this.#take = take;
    this.#local = local;
    const understand = async (text: string, id: string) => {
      const description = descriptionIn(text, id);
      return description && (await hasSector(description, sectors)) ? description : null;
    };
    this.#sites = new ClientSites({ what: 'client_document', maxBytes: MAX_BYTES, understand }, take, local);
  }

  /** Whether an id is of this kind. */
  isDocument(id: string): boolean {
    return /^https?:/.test(id);
  }

  /** The client with that id in a realm, as its document has it; null when there is none that holds. */
  async find(realmId: string, id: string): Promise<OAuthClientRow | null> {
    if (!isDocumentAddress(id, this.#local)) return null;
    const { clientRegistration = [] } = await this.#realms.get(realmId);
    if (!clientRegistration.includes('document')) return null;
    const budget = `client_document:realm:${realmId}`;
    if (!this.#sites.knows(id) && !(await this.#take(budget, PER_REALM, MINUTE / SECOND))) return null;
    const read = await this.#sites.read(id);
    if (!read) return null;
    const { value: description, readAt } = read;
    return {
      ...description,
      id,
      realmId,
      secretHash: null,
      previousHash: null,
      previousExpiresAt: null,
      registrationHash: null,
      usedAt: null,
      // By nobody but itself.
      createdBy: id,
      createdAt: readAt,
      updatedAt: readAt,
    };
  }
}
