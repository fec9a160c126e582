import type { ActivityType } from '../directory/state.ts';
import { HOUR } from '../lib/time.ts';
import type { ClientConsent, NewGrantCode } from './grant-contract.ts';

/** A code as it is kept. `sessionId` is what it gave, once it is spent. */
export interface KeptCode extends NewGrantCode {
  browserSession: string | null;
  methods: string[];
  authenticatedAt: number;
  credentialVersion: number;
  /** Under what the log has the session that it opens; of earlier versions it is not there. */
  activity?: ActivityType;
  sessionId: string | null;
}

const CODES = 'grant_codes';
const CONSENTS = 'client_consents';
/** Codes that are kept at once: those of a browser that asks for more and more push out the oldest. */
const MAX_CODES = 50;
/** Clients whose consent is remembered. */
const MAX_CLIENTS = 200;
/** Organizations for which the consent to one client is remembered. */
const MAX_ORGANIZATIONS = 50;
/** How long a code is remembered that is spent or over: who presents it then is found out. */
const REMEMBERED = HOUR;

/** Codes that wait for their client, and what the user has allowed which client. */
export class GrantBook {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  keep(code: KeptCode, now: number): void {
    const codes = this.#codes().filter(({ expiresAt }) => now < expiresAt + REMEMBERED);
    this.#kv.put(CODES, [...codes.slice(1 - MAX_CODES), code]);
  }

  find(hash: string): KeptCode | undefined {
    return this.#codes().find((code) => code.hash === hash);
  }

  /** Notes that a code is spent, and for which session; '' for none. Of whom it stood for nothing is kept. */
  spend(hash: string, sessionId: string): void {
    this.#kv.put(
      CODES,
      this.#codes().map(({ identity, ...code }) =>
        code.hash === hash
          ? { ...code, sessionId }
          : { ...code, ...(identity !== undefined && { identity }) },
      ),
    );
  }

  consents(): Record<string, ClientConsent> {
    return this.#kv.get<Record<string, ClientConsent>>(CONSENTS) ?? {};
  }

  /** Remembers what the user allows a client, beside what they have allowed before. */
  consent(
    clientId: string,
    {
      scopes,
      resources,
      organizationId,
    }: { scopes: string[]; resources: string[]; organizationId: string | null },
    now: number,
  ): void {
    const { [clientId]: before, ...others } = this.consents();
    const all = {
      scopes: [...new Set([...(before?.scopes ?? []), ...scopes])],
      resources: [...new Set([...(before?.resources ?? []), ...resources])],
      ...inOrganizations(before, organizationId),
    };
    const kept = Object.entries(others).slice(1 - MAX_CLIENTS);
    this.#kv.put(CONSENTS, { ...Object.fromEntries(kept), [clientId]: { ...all, at: now } });
  }

  /** Forgets a client; whether there was anything. */
  forget(clientId: string): boolean {
    const { [clientId]: consent, ...others } = this.consents();
    const codes = this.#codes();
    const kept = codes.filter(({ grant }) => grant?.clientId !== clientId);
    if (kept.length < codes.length) this.#kv.put(CODES, kept);
    if (consent) this.#kv.put(CONSENTS, others);
    return consent !== undefined || kept.length < codes.length;
  }

  #codes(): KeptCode[] {
    return this.#kv.get<KeptCode[]>(CODES) ?? [];
  }
}

/** For which organizations a client may act, and for which the user has said so last. Of who is in none, nothing. */
function inOrganizations(before: ClientConsent | undefined, organizationId: string | null) {
  const { organizations = [] } = before ?? {};
  if (organizationId === null) return organizations.length > 0 ? { organizations, organization: null } : {};
  const others = organizations.filter((id) => id !== organizationId);
  return {
    organizations: [...others, organizationId].slice(-MAX_ORGANIZATIONS),
    organization: organizationId,
  };
}
