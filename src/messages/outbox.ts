import { and, eq } from 'drizzle-orm';
import { type Database, primary } from '../db/client.ts';
import { afterResponse } from '../lib/after-response.ts';
import { newId } from '../lib/ids.ts';
import { log } from '../lib/log.ts';
import type { Realm } from '../lib/realm.ts';
import { HOUR, MINUTE, SECOND } from '../lib/time.ts';
import type { Realms } from '../realms/service.ts';
import { DeliveryError } from './delivery.ts';
import type { MailProvider } from './mail-provider.ts';
import { claim, settle } from './outbox-store.ts';
import { type OutboxRow, outbox } from './tables.ts';
import type { MailData, TextData } from './templates/mail-data.ts';
import { render } from './templates/render.ts';
import { renderText } from './templates/render-text.ts';
import type { TextProvider } from './text-provider.ts';

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
/** Messages sent at once: as many as a Worker may hold connections open. */
const CONCURRENCY = 6;
/** Messages one run of the cron sends at most, so that it ends before the next begins. */
const MAX_PER_RUN = 120;
const FIRST_RETRY = 30 * SECOND;
const MAX_RETRY = 2 * HOUR;
/** More than twice as long as a provider may take. */
const LEASE = MINUTE;

/** The row of a message. Insert it in the batch of the change that it reports. */
export function message(content: Content, envelope: Envelope, now: number): typeof outbox.$inferInsert {
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

/** Milliseconds until the next try. They double with each try; up to half of them is random (jitter). */
export function backoff(attempts: number, random = Math.random()): number {
  return Math.min(FIRST_RETRY * 2 ** (attempts - 1), MAX_RETRY) * (1 - random / 2);
}

/** What the outbox sends with. */
export interface OutboxDependencies {
  d1: D1Database;
  realms: Realms;
  mail: MailProvider;
  /** Null where texts are not sent. */
  texts: TextProvider | null;
  /** The sender's address. */
  from: string;
  origin: string;
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
    afterResponse(() => this.#send(ids, Date.now()));
  }

  /** Sends the messages that are due, in batches, up to a bound. Returns how many were tried. */
  async drain(): Promise<number> {
    let tried = 0;
    for (let sent = -1; sent !== 0 && tried < MAX_PER_RUN; tried += sent)
      sent = await this.#send(null, Date.now());
    return tried;
  }

  async #send(ids: string[] | null, now: number): Promise<number> {
    const rows = await claim(this.#db, { ids, now, leasedUntil: now + LEASE, limit: CONCURRENCY });
    await Promise.all(rows.map((row) => this.#deliver(row)));
    return rows.length;
  }

  async #deliver(row: OutboxRow): Promise<void> {
    try {
      if (row.expiresAt !== null && row.expiresAt <= Date.now()) {
        throw new DeliveryError('expired before it could be sent', { permanent: true });
      }
      await this.#handOver(row, await this.#deps.realms.get(row.realmId));
      await settle(this.#db, row, { status: 'sent', now: Date.now() });
    } catch (error) {
      const reason = error instanceof DeliveryError ? error.message : `internal: ${(error as Error).name}`;
      const permanent = error instanceof DeliveryError && error.permanent;
      const dead = permanent || row.attempts >= MAX_ATTEMPTS;
      log('error', 'delivery_failed', {
        id: row.id,
        template: row.template,
        attempts: row.attempts,
        dead,
        reason,
      });
      const now = Date.now();
      await settle(
        this.#db,
        row,
        dead
          ? { status: 'dead', now, reason }
          : { status: 'pending', now, reason, retryAt: now + backoff(row.attempts) },
      );
    }
  }

  async #handOver(row: OutboxRow, realm: Realm): Promise<void> {
    const { from, mail, origin, texts } = this.#deps;
    const brand = { name: realm.name, color: realm.color, origin };
    const data = JSON.parse(row.data);
    const idempotencyKey = row.id;
    if (row.channel === 'sms') {
      if (!texts) throw new DeliveryError('no provider sends text messages', { permanent: true });
      const text = renderText(row.template as keyof TextData, row.locale, brand, data);
      return texts.send({ to: row.recipient, text, idempotencyKey });
    }
    const rendered = render(row.template as keyof MailData, row.locale, brand, data);
    return mail.send({
      ...rendered,
      from: { address: from, name: realm.name },
      to: row.recipient,
      idempotencyKey,
    });
  }
}
