import { and, eq } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { type Database, primary } from '../db/client.ts';
import { afterResponse } from '../lib/after-response.ts';
import { backoff } from '../lib/backoff.ts';
import { isPlaceholder } from '../lib/email-address.ts';
import { newId } from '../lib/ids.ts';
import { lazy } from '../lib/lazy.ts';
import { log } from '../lib/log.ts';
import type { Budget } from '../lib/run-budget.ts';
import { HOUR, MINUTE, SECOND } from '../lib/time.ts';
import { DeliveryError } from './delivery.ts';
import type { MailMessage, MailProvider } from './mail-provider.ts';
import { type ClaimedRow, claim, settlement, type TryOutcome } from './outbox-store.ts';
import { type OutboxRow, outbox } from './tables.ts';
import type { MailData, TextData } from './templates/mail-data.ts';
import type { TextProvider } from './text-provider.ts';

type Statement = BatchItem<'sqlite'>;

const mailTemplates = lazy(() => import('./templates/render.ts'));
const textTemplates = lazy(() => import('./templates/render-text.ts'));

/** Who a message goes to. */
export interface Envelope {
  realmId: string;
  userId: string | null;
  to: string;
  locale: string | null;
  /** Unix milliseconds after which it is of no use. */
  expiresAt?: number;
}

/** What a message says: a template and its data. */
export type Content =
  | { [T in keyof MailData]: { channel: 'mail'; template: T; data: MailData[T] } }[keyof MailData]
  | { [T in keyof TextData]: { channel: 'sms'; template: T; data: TextData[T] } }[keyof TextData];

/** Tries, over some eight hours, before a message is given up. */
export const MAX_ATTEMPTS = 10;
/** Calls of providers at once: as many as a Worker may hold connections open. */
const CONCURRENCY = 6;
const MAX_RETRY = 2 * HOUR;
const MAX_DELIVERY_RETRY = 6 * HOUR;
/** Events of one round, and the statements that write down what came of them. */
const DELIVERIES = 240;
const NOTES = 3;
/** No delivery of a round begins later than that (milliseconds), so that all are over before the lease is. */
const ROUND = 20 * SECOND;
/** After so many failures in a round an endpoint is not tried again in it: others wait. */
const FAILURES_A_ROUND = 3;
const UNBOUNDED: Budget = { take: () => true };
/** More than twice as long as a provider may take. */
const LEASE = MINUTE;

/**
 * The row of a message. Insert it in the batch of the change that it reports. To a user who has no address nothing is sent: the
 * row is void.
 */
export function message(content: Content, envelope: Envelope, now: number): typeof outbox.$inferInsert {
  const nothing = { status: 'void' as const, settledAt: now, recipient: '', data: '{}' };
  return {
    id: newId('msg', now),
    realmId: envelope.realmId,
    userId: envelope.userId,
    channel: content.channel,
    template: content.template,
    recipient: envelope.to,
    locale: envelope.locale,
    data: JSON.stringify(content.data),
    nextAttemptAt: now,
    expiresAt: envelope.expiresAt ?? null,
    createdAt: now,
    ...(isPlaceholder(envelope.to) && nothing),
  };
}

/** Writes a message that reports no change. */
export async function storeMessage(db: Database, row: typeof outbox.$inferInsert): Promise<void> {
  await db.insert(outbox).values(row);
}

/** Makes a message that was to wait due now, unless it has gone already. */
export async function releaseMessage(db: Database, id: string, now: number): Promise<void> {
  const isUntried = and(eq(outbox.id, id), eq(outbox.attempts, 0));
  await db.update(outbox).set({ nextAttemptAt: now }).where(isUntried);
}

/** Takes back a message of what did not happen, unless it has gone already. */
export async function dropMessage(db: Database, id: string): Promise<void> {
  await db.delete(outbox).where(and(eq(outbox.id, id), eq(outbox.attempts, 0)));
}

/**
 * For an address that must get nothing: writes as much as a link and its mail would, so that it takes as long. The row
 * names nobody. A mail that goes to another address can be written with it.
 */
export async function storeNothing(
  db: Database,
  realmId: string,
  now: number,
  mail?: typeof outbox.$inferInsert,
): Promise<void> {
  const nobody: Envelope = { realmId, userId: null, to: '', locale: null };
  const row = message({ channel: 'mail', template: 'account_deleted', data: { name: null } }, nobody, now);
  const written: (typeof outbox.$inferInsert)[] = [{ ...row, data: '{}', status: 'void', settledAt: now }];
  if (mail) written.push(mail);
  await db.batch([db.delete(outbox).where(eq(outbox.id, 'none')), db.insert(outbox).values(written)]);
}

/** How events get to webhooks, beside what they have in common with all messages. */
export interface WebhookChannel {
  /** How much there is to deliver, counted no further than `most`. */
  countDue(db: Database, now: number, most: number): Promise<number>;
  /** As `claim`: those of an endpoint that is left alone for now are not among them. */
  claim(
    db: Database,
    options: { ids: string[] | null; now: number; leasedUntil: number; limit: number },
  ): Promise<ClaimedRow[]>;
  /** Delivers one. Throws DeliveryError. */
  deliver(row: ClaimedRow): Promise<void>;
  /** The statements that write down what came of deliveries, in one batch with what becomes of them. */
  notes(db: Database, rows: ClaimedRow[], now: number): Statement[];
}

/** Who sends messages of a realm in the provider's place. */
export interface SendingHooks {
  /** Whether a realm names somebody for a channel. */
  sends(realmId: string, channel: 'mail' | 'sms'): Promise<boolean>;
  /** Hands a message over; false when the provider shall send it after all. Throws when it is to be tried again. */
  send(
    realmId: string,
    channel: 'mail' | 'sms',
    message: { id: string; data: Record<string, unknown> },
  ): Promise<boolean>;
}

/** Which messages are sent together: those for people, or those for webhooks. */
type Lane = 'messages' | 'webhooks';

/** What the outbox sends with. */
export interface OutboxDependencies {
  d1: D1Database;
  mail: Pick<MailProvider, 'perCall' | 'sendAll'>;
  /** Null where texts are not sent. */
  texts: TextProvider | null;
  /** Null where none are delivered, as in a test of mails. */
  webhooks?: WebhookChannel | null;
  /** The same. */
  hooks?: SendingHooks | null;
  /** Has somebody deliver what is due to webhooks; null where there is nobody but the cron. */
  callForDelivery?: (() => Promise<unknown>) | null;
  /** How many deliveries to webhooks count as one call: what they write down is written down together. */
  deliveriesPerCall?: number;
  /** The sender's address. */
  from: string;
  origin: string;
}

/** Messages that one call of a provider hands over. */
interface Call {
  rows: ClaimedRow[];
  /** Gives, for each, why it was not taken, or null. */
  send(): Promise<unknown[]>;
}

/** Sends the messages of the outbox: each once, unless a provider fails after it has accepted the message. */
export class Outbox {
  readonly #deps: OutboxDependencies;
  readonly #db: Database;

  constructor(deps: OutboxDependencies) {
    this.#deps = deps;
    this.#db = primary(deps.d1).db;
  }

  /** Sends rows that were just written, after the response. The cron tries those that fail again. */
  sendSoon(rows: { id: string }[]): void {
    const ids = rows.map((row) => row.id);
    afterResponse(() => this.#send('messages', ids, ids.length, UNBOUNDED));
  }

  /** Delivers what was just written for webhooks, as far as they are at hand. The cron delivers the rest. */
  deliverSoon(): void {
    afterResponse(() => this.#send('webhooks', null, CONCURRENCY, UNBOUNDED));
  }

  /** How many deliveries to webhooks are due, counted no further than `most`. */
  async countDeliveries(most: number): Promise<number> {
    return (await this.#deps.webhooks?.countDue(this.#db, Date.now(), most)) ?? 0;
  }

  /**
   * Has what a change tells webhooks delivered at once, after the answer, where there is a queue to do it by; else the cron does, within
   * a minute.
   */
  deliverByQueue(): void {
    const { callForDelivery } = this.#deps;
    if (!callForDelivery) return;
    afterResponse(async () => {
      if ((await this.countDeliveries(1)) > 0) await callForDelivery();
    });
  }

  /** Sends the messages of a lane that are due, as many as the budget allows. Returns how many were tried. */
  async drain(budget: Budget, lane: Lane = 'messages'): Promise<number> {
    let tried = 0;
    const { calls, most } =
      lane === 'messages'
        ? { calls: 3 + (this.#deps.hooks ? 1 : 0), most: CONCURRENCY * this.#deps.mail.perCall }
        : { calls: 3 + NOTES, most: DELIVERIES };
    // Most minutes there are none.
    const isIdle = async () => !budget.take(1) || !(await this.countDeliveries(1));
    if (lane === 'webhooks' && (await isIdle())) return 0;
    // To claim them, to settle them, to read whom a realm names, and for one call at least.
    while (budget.take(calls)) {
      const sent = await this.#send(lane, null, most, budget);
      if (sent === 0) break;
      tried += sent;
    }
    return tried;
  }

  /** One round. One call is paid for; the budget is asked for each other. */
  async #send(lane: Lane, ids: string[] | null, limit: number, budget: Budget): Promise<number> {
    const now = Date.now();
    const { webhooks = null } = this.#deps;
    const claimed = { ids, now, leasedUntil: now + LEASE, limit };
    const rows =
      (await (lane === 'messages' ? claim(this.#db, claimed) : webhooks?.claim(this.#db, claimed))) ?? [];
    if (rows.length === 0) return 0;
    const expired = rows.filter((row) => row.expiresAt !== null && row.expiresAt <= now);
    const over = new DeliveryError('expired before it could be sent', { permanent: true });
    const live = rows.filter((row) => !expired.includes(row));
    const known = this.#hearable(live, budget);
    const calls = await this.#callsFor(known);
    const outcomes: [ClaimedRow, TryOutcome][] = expired.map((row) => [row, failed(row, over)]);
    for (const row of live) if (!known.includes(row)) outcomes.push([row, { status: 'untried' }]);
    const untried = (call: Call) =>
      outcomes.push(...call.rows.map((row): [ClaimedRow, TryOutcome] => [row, { status: 'untried' }]));
    const { deliveriesPerCall = 1 } = this.#deps;
    // Some at once, each as soon as one before it is through.
    const queue = calls.filter((call, index) => {
      const isPaid = index === 0 || (lane === 'webhooks' && index % deliveriesPerCall > 0) || budget.take(1);
      if (!isPaid) untried(call);
      return isPaid;
    });
    const failures = new Map<string, number>();
    const isLeftAlone = ({ rows: [row] }: Call) =>
      lane === 'webhooks' &&
      (Date.now() > now + ROUND || (failures.get(row?.recipient ?? '') ?? 0) >= FAILURES_A_ROUND);
    const work = async () => {
      for (let call = queue.shift(); call; call = queue.shift()) {
        if (isLeftAlone(call)) {
          untried(call);
          continue;
        }
        const tried = await made(call);
        outcomes.push(...tried);
        for (const [{ recipient }, { status }] of tried) {
          if (status !== 'sent') failures.set(recipient, (failures.get(recipient) ?? 0) + 1);
        }
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    const settledAt = Date.now();
    const notes = webhooks?.notes(this.#db, rows.filter(isDelivery), settledAt) ?? [];
    await this.#db.batch([settlement(this.#db, outcomes, settledAt), ...notes]);
    return rows.length - outcomes.filter(([, { status }]) => status === 'untried').length;
  }

  async #callsFor(rows: ClaimedRow[]): Promise<Call[]> {
    const { webhooks } = this.#deps;
    const hooked = await this.#hooked(rows.filter((row) => !isDelivery(row)));
    const mails = rows.filter((row) => isMail(row) && !hooked.has(row));
    const texts = rows.filter((row) => row.channel === 'sms' && !hooked.has(row));
    return [
      ...[...hooked].map((row) => ({ rows: [row], send: async () => [await this.#sendByHook(row)] })),
      ...this.#together(mails).map((group) => ({ rows: group, send: () => this.#sendMails(group) })),
      ...texts.map((row) => ({ rows: [row], send: async () => [await this.#sendText(row)] })),
      ...rows.filter(isDelivery).map((row) => ({
        rows: [row],
        send: async () => [await webhooks?.deliver(row)],
      })),
    ];
  }

  /** Those for which it can be read whom their realm names: the first realm is paid for. */
  #hearable(rows: ClaimedRow[], budget: Budget): ClaimedRow[] {
    if (!this.#deps.hooks) return rows;
    const realms = new Set<string>();
    return rows.filter((row) => {
      if (isDelivery(row) || realms.has(row.realmId)) return true;
      const isPaid = realms.size === 0 || budget.take(1);
      if (isPaid) realms.add(row.realmId);
      return isPaid;
    });
  }

  /** Those that somebody else is to send, whom their realm names. */
  async #hooked(rows: ClaimedRow[]): Promise<Set<ClaimedRow>> {
    const { hooks } = this.#deps;
    const asked = new Map<string, Promise<boolean>>();
    const isHooked = ({ realmId, channel }: ClaimedRow) => {
      const key = `${channel}:${realmId}`;
      const known =
        asked.get(key) ?? hooks?.sends(realmId, channel as 'mail' | 'sms') ?? Promise.resolve(false);
      asked.set(key, known);
      return known;
    };
    const those = await Promise.all(rows.map(async (row) => ((await isHooked(row)) ? [row] : [])));
    return new Set(those.flat());
  }

  async #sendByHook(row: ClaimedRow): Promise<unknown> {
    const { realmId, userId: user_id, template, locale, recipient: to, id } = row;
    const channel = isMail(row) ? 'mail' : 'sms';
    const said = channel === 'mail' ? await this.#mailOf(row) : { text: await this.#textOf(row) };
    const { idempotencyKey: _, ...message } = { idempotencyKey: '', ...said };
    const data = { user_id, template, locale, to, ...message };
    const isSent = await this.#deps.hooks?.send(realmId, channel, { id, data }).catch((error: Error) => {
      throw new DeliveryError(`the hook: ${error.message}`, { permanent: false });
    });
    if (isSent) return null;
    return channel === 'mail' ? (await this.#sendMails([row]))[0] : this.#sendText(row);
  }

  /** Mails for the same call. Those that failed together, and so are due at the same moment again, are alone together again. */
  #together(mails: ClaimedRow[]): ClaimedRow[][] {
    const { perCall } = this.#deps.mail;
    const groups = Map.groupBy(mails, ({ attempts, nextAttemptAt }) => (attempts === 1 ? 0 : nextAttemptAt));
    return [...groups.values()].flatMap((group) =>
      Array.from({ length: Math.ceil(group.length / perCall) }, (_, at) =>
        group.slice(at * perCall, (at + 1) * perCall),
      ),
    );
  }

  async #sendMails(rows: ClaimedRow[]): Promise<unknown[]> {
    // One that cannot be rendered keeps no other.
    const rendered = await Promise.allSettled(rows.map((row) => this.#mailOf(row)));
    const mails = rendered.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const outcomes = mails.length > 0 ? await this.#deps.mail.sendAll(mails) : [];
    return rendered.map((one) => (one.status === 'fulfilled' ? outcomes.shift() : one.reason));
  }

  async #mailOf(row: ClaimedRow): Promise<MailMessage> {
    const { render } = await mailTemplates();
    return {
      ...render(row.template as keyof MailData, row.locale, this.#brandOf(row), JSON.parse(row.data)),
      from: { address: this.#deps.from, name: row.brandName },
      to: row.recipient,
      idempotencyKey: row.id,
    };
  }

  async #sendText(row: ClaimedRow): Promise<null> {
    const { texts } = this.#deps;
    if (!texts) throw new DeliveryError('no provider sends text messages', { permanent: true });
    await texts.send({ to: row.recipient, text: await this.#textOf(row), idempotencyKey: row.id });
    return null;
  }

  async #textOf({ template, locale, data, ...row }: ClaimedRow): Promise<string> {
    const { renderText } = await textTemplates();
    return renderText(template as keyof TextData, locale, this.#brandOf(row), JSON.parse(data));
  }

  #brandOf({ brandName, brandColor }: Pick<ClaimedRow, 'brandName' | 'brandColor'>) {
    return { name: brandName, color: brandColor, origin: this.#deps.origin };
  }
}

function isMail({ channel }: OutboxRow): boolean {
  return channel === 'mail';
}

function isDelivery({ channel }: OutboxRow): boolean {
  return channel === 'webhook';
}

/** Makes a call, and says what became of each message. */
async function made({ rows, send }: Call): Promise<[ClaimedRow, TryOutcome][]> {
  const errors = await send().catch((error) => rows.map(() => error));
  const retries = new Map<unknown, number>();
  return rows.map((row, index) => {
    const error = errors[index] ?? null;
    if (error === null) return [row, { status: 'sent' }];
    const wait = error instanceof DeliveryError ? (error.retryAfter ?? 0) : 0;
    const longest = isDelivery(row) ? MAX_DELIVERY_RETRY : MAX_RETRY;
    const retryAt = retries.get(error) ?? Date.now() + Math.max(wait, backoff(row.attempts, longest));
    retries.set(error, retryAt);
    return [row, failed(row, error, retryAt)];
  });
}

/** What a failure comes to, which is logged. */
function failed(row: ClaimedRow, error: unknown, retryAt = Date.now()): TryOutcome {
  const reason = error instanceof DeliveryError ? error.message : `internal: ${(error as Error).name}`;
  const isPermanent = error instanceof DeliveryError && error.permanent;
  // An event is tried for as long as it is of use.
  const isOver = isDelivery(row) ? retryAt >= (row.expiresAt ?? 0) : row.attempts >= MAX_ATTEMPTS;
  const dead = isPermanent || isOver;
  const { id, template, attempts } = row;
  log('error', 'delivery_failed', { id, template, attempts, dead, reason });
  return dead ? { status: 'dead', reason } : { status: 'pending', reason, retryAt };
}
