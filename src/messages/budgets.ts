import type { Client } from '../lib/client.ts';
import { clientKey, siteKey } from '../lib/client-address.ts';
import { inboxOf } from '../lib/email-address.ts';
import { DAY, HOUR, SECOND } from '../lib/time.ts';

/** A message that somebody asks for who need not be its recipient. */
export interface MessageRequest {
  realmId: string;
  /** An address or a number. */
  to: string;
  /** Who asks, as the network tells; null for an admin. */
  client: Client | null;
  /** The account that it is for, or whose user asks; null when that is not known. */
  userId: string | null;
}

/**
 * What a mail is for. Each purpose has a budget of its own for an inbox: so nobody keeps an owner from getting the link
 * that recovers the account by using up what that inbox may get.
 */
export type MailPurpose = 'recovery' | 'code' | 'notice' | 'other';

/** Bounds how many mails strangers can have sent. */
export interface MailBudget {
  /** Whether one more mail may go there; counts it. The same for addresses that nobody has. */
  take(purpose: MailPurpose, request: MessageRequest): Promise<boolean>;
}

/** Bounds what strangers can have sent at the operator's cost, by the UTC day. */
export interface SmsBudget {
  /** Whether one more text may go to that number; counts it. */
  take(request: MessageRequest): Promise<boolean>;
}

/** What the budgets are, in messages. */
export interface BudgetLimits {
  /** An hour, of one client; a /48 of IPv6 has four times as many. */
  mailsPerClient: number;
  /** A day. */
  mailsPerAccount: number;
  textsPerClient: number;
  textsPerAccount: number;
  textsPerBlock: number;
  textsPerRealm: number;
}

/** Mails that one inbox gets: an hour, and of codes a day. */
const INBOX: Record<MailPurpose, { limit: number; window: number }> = {
  recovery: { limit: 5, window: HOUR },
  other: { limit: 5, window: HOUR },
  code: { limit: 20, window: DAY },
  notice: { limit: 5, window: HOUR },
};
const CLIENTS_PER_SITE = 4;

type Bucket = [name: string, limit: number, window: number];

/** Counts in one bucket; whether there was room. */
export type Take = (name: string, limit: number, windowSeconds: number) => Promise<boolean>;

/** Budgets of mails: of the account, of the client and of the inbox, the narrowest first. */
export function mailBudget(take: Take, limits: BudgetLimits): MailBudget {
  return {
    take: (purpose, { realmId, to, client, userId }) => {
      const inbox = purpose === 'other' ? `mail:${realmId}` : `mail:${purpose}:${realmId}`;
      const { limit, window } = INBOX[purpose];
      return takeAll(take, [
        ...(userId ? [[`mail:account:${userId}`, limits.mailsPerAccount, DAY] as Bucket] : []),
        ...clientBuckets(`mail:client:${realmId}`, client, limits.mailsPerClient, HOUR),
        [`${inbox}:${inboxOf(to)}`, limit, window],
      ]);
    },
  };
}

/** Budgets of texts: of the account, of the client, of the block of numbers and of the realm, the narrowest first. */
export function smsBudget(take: Take, limits: BudgetLimits): SmsBudget {
  return {
    take: ({ realmId, to, client, userId }) =>
      takeAll(take, [
        ...(userId ? [[`sms:account:${userId}`, limits.textsPerAccount, DAY] as Bucket] : []),
        ...clientBuckets(`sms:client:${realmId}`, client, limits.textsPerClient, DAY),
        [`sms:${realmId}:${to.slice(0, -4)}`, limits.textsPerBlock, DAY],
        [`sms:${realmId}`, limits.textsPerRealm, DAY],
      ]),
  };
}

function clientBuckets(name: string, client: Client | null, limit: number, window: number): Bucket[] {
  if (!client) return [];
  const site = siteKey(client.ip);
  const own: Bucket = [`${name}:${clientKey(client.ip)}`, limit, window];
  return site ? [own, [`${name}:${site}`, limit * CLIENTS_PER_SITE, window]] : [own];
}

/** One after the other: what a narrow budget refuses takes nothing from a wide one. */
async function takeAll(take: Take, buckets: Bucket[]): Promise<boolean> {
  for (const [name, limit, window] of buckets) {
    if (!(await take(name, limit, window / SECOND))) return false;
  }
  return true;
}
