import { BoundedMap } from '../lib/bounded-map.ts';
import { describeFailure, log } from '../lib/log.ts';
import type { Realm } from '../lib/realm.ts';
import { DAY, MINUTE, SECOND } from '../lib/time.ts';
import type { Take } from '../messages/budgets.ts';
import { fetchDocument, isDocumentAddress } from './client-document.ts';
import type { SelfDescription } from './registration-schemas.ts';
import type { OAuthClientRow } from './tables.ts';

const REMEMBERED = 1000;
/** How long what was read last is gone by while its server does not answer. */
const STALE = DAY;
/** How often one host is asked, by the whole deployment, in a minute: whoever names an address has it fetched. */
const PER_HOST = 100;

interface Known {
  description: SelfDescription;
  readAt: number;
  until: number;
}

/** Clients whose id is the address of a document that describes them, where a realm takes such. */
export class ClientDocuments {
  readonly #realms: { get(id: string): Promise<Realm> };
  readonly #take: Take;
  readonly #local: boolean;
  readonly #known = new BoundedMap<string, Known>(REMEMBERED);

  /** `local` takes documents of this machine too. */
  constructor(realms: { get(id: string): Promise<Realm> }, take: Take, local: boolean) {
    this.#realms = realms;
    this.#take = take;
    this.#local = local;
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
    const known = await this.#read(id);
    if (!known) return null;
    const { description, readAt } = known;
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

  async #read(id: string): Promise<Known | null> {
    const now = Date.now();
    const known = this.#known.get(id);
    if (known && now < known.until) return known;
    const read = await this.#fetch(id);
    if (read === 'failed' && known && now < known.readAt + STALE) {
      known.until = now + MINUTE;
      return known;
    }
    // What is no document of the client must not be kept as such (4.4 of the draft): the next request may find it mended.
    if (read === 'failed' || read === null) {
      this.#known.delete(id);
      return null;
    }
    const next = { description: read.description, readAt: now, until: now + read.freshFor };
    this.#known.set(id, next);
    return next;
  }

  async #fetch(id: string) {
    const { host } = new URL(id);
    if (!(await this.#take(`client_document:${host}`, PER_HOST, MINUTE / SECOND))) return 'failed';
    try {
      return await fetchDocument(id);
    } catch (error) {
      log('warn', 'client_document_failed', { host, error: describeFailure(error) });
      return 'failed';
    }
  }
}
