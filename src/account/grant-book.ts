import type { ActivityType } from '../directory/state.ts';
import { HOUR } from '../lib/time.ts';
import type { ClientAccess, ClientConsent, NewGrantCode } from './grant-contract.ts';

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
const CONSENTS = 'consents';
/** What the user had allowed, by client, as versions of the tables before 6 kept it: of organizations they knew nothing. */
const BY_CLIENT = 'client_consents';
/** Codes that are kept at once: those of a browser that asks for more and more push out the oldest. */
const MAX_CODES = 50;
/** Consents that are remembered. */
const MAX_CONSENTS = 200;
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

  consents(): ClientConsent[] {
    return this.#kv.get<ClientConsent[]>(CONSENTS) ?? [];
  }

  /** Remembers what the user allows a client, beside what they have allowed it before for the same organization, or for themselves. */
  consent({ clientId, organizationId, scopes, resources, at }: ClientConsent): void {
    const isSame = (of: ClientConsent) => of.clientId === clientId && of.organizationId === organizationId;
    const before = this.consents().find(isSame);
    const others = this.consents().filter((of) => !isSame(of));
    const all = {
      clientId,
      organizationId,
      scopes: [...new Set([...(before?.scopes ?? []), ...scopes])],
      resources: [...new Set([...(before?.resources ?? []), ...resources])],
      at,
    };
    this.#kv.put(CONSENTS, [...others.slice(1 - MAX_CONSENTS), all]);
  }

  /** Takes over what an earlier version has kept: it was allowed for the user alone. */
  upgrade(): void {
    const kept =
      this.#kv.get<Record<string, { scopes: string[]; resources?: string[]; at: number }>>(BY_CLIENT);
    if (!kept) return;
    const consents = Object.entries(kept).map(([clientId, { resources = [], ...consent }]) => {
      return { ...consent, clientId, organizationId: null, resources };
    });
    this.#kv.put(CONSENTS, consents);
    this.#kv.delete(BY_CLIENT);
  }

  /** Forgets what a client may, or what clients may for an organization; whether there was anything. */
  forget({ clientId, organizationId }: ClientAccess | { clientId?: never; organizationId: string }): boolean {
    const isIt = (of: ClientAccess) =>
      (clientId === undefined || of.clientId === clientId) &&
      (organizationId === undefined || (of.organizationId ?? null) === organizationId);
    const consents = this.consents();
    const others = consents.filter((of) => !isIt(of));
    const codes = this.#codes();
    const kept = codes.filter(({ grant }) => !grant || !isIt(grant));
    if (kept.length < codes.length) this.#kv.put(CODES, kept);
    if (others.length < consents.length) this.#kv.put(CONSENTS, others);
    return others.length < consents.length || kept.length < codes.length;
  }

  #codes(): KeptCode[] {
    return this.#kv.get<KeptCode[]>(CODES) ?? [];
  }
}
