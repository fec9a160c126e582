import { and, desc, eq, getTableColumns, gt, inArray, isNull, lte, ne, or, type SQL, sql } from 'drizzle-orm';
import { type Database, primary } from '../db/client.ts';
import { writeAuditIf } from '../directory/audit.ts';
import { findById } from '../directory/service.ts';
import { ApiError } from '../errors.ts';
import { countedTotal, counting, cursorAfter, pageOf } from '../http/paging.ts';
import type { Actor } from '../http/service-authentication.ts';
import { HOUR, rfc3339, SECOND } from '../lib/time.ts';
import type { MailBudget } from './budgets.ts';
import { greetedName } from './greeted-name.ts';
import { message, type Outbox } from './outbox.ts';
import { IS_MESSAGE } from './outbox-store.ts';
import { type OutboxRow, outbox } from './tables.ts';

/** What can have become of a message. */
export const MESSAGE_STATUSES = ['pending', 'sent', 'dead'] as const;

/** What the outbox is narrowed to. */
export interface MessageFilter {
  status?: (typeof MESSAGE_STATUSES)[number] | undefined;
  userId?: string | undefined;
}

/** A message without what it says: that may be a secret of its recipient. */
export type Message = Omit<OutboxRow, 'data' | 'channel' | 'eventId'> & {
  channel: 'mail' | 'sms';
  isRetriable: boolean;
};

/** The mails and text messages of a realm: what became of them, and another try. */
export class OutboxAdmin {
  readonly #db: () => Database;
  readonly #outbox: Outbox;
  readonly #mailBudget: MailBudget;

  constructor({ d1, outbox, mailBudget }: { d1: D1Database; outbox: Outbox; mailBudget: MailBudget }) {
    this.#db = () => primary(d1).db;
    this.#outbox = outbox;
    this.#mailBudget = mailBudget;
  }

  /** A page of messages, newest first. */
  async list(
    realmId: string,
    filter: MessageFilter,
    page: { after: readonly [at: number, id: string] | null; limit: number },
  ) {
    const db = this.#db();
    const { createdAt, id } = outbox;
    const { from, is } = messagesOf(realmId, filter);
    const beyond = page.after ? sql`(created_at, id) < (${page.after[0]}, ${page.after[1]})` : sql`TRUE`;
    const limit = page.limit + 1;
    const reached = sql`SELECT id FROM outbox WHERE ${is} AND ${beyond} ORDER BY created_at DESC, id DESC LIMIT ${limit}`;
    const [rows, [counted]] = await db.batch([
      db
        .select(getTableColumns(outbox))
        .from(from)
        .innerJoin(outbox, sql`outbox.id IN (${reached})`)
        .orderBy(desc(createdAt), desc(id))
        .limit(limit),
      counting(db, sql`SELECT 1 FROM ${from} CROSS JOIN outbox WHERE ${is}`),
    ]);
    const shown = pageOf(rows, page.limit, (last) => cursorAfter(last.createdAt, last.id));
    return { ...shown, rows: shown.rows.map(messageOf), ...countedTotal(counted?.counted ?? 0) };
  }

  /** One message of the realm. Throws `message_not_found`. */
  async get(realmId: string, id: string): Promise<Message> {
    const found = await this.#db().select().from(outbox).where(isOf(realmId, id)).get();
    if (!found) throw new ApiError('message_not_found');
    return messageOf(found);
  }

  /**
   * Sends a message that was given up, or is waiting for its next try, now. Throws `message_not_found`, and
   * `message_not_retriable` when it was sent, is being sent, or what it said is gone.
   */
  async retry(realmId: string, id: string, actor: Actor): Promise<Message> {
    const db = this.#db();
    const now = Date.now();
    const { data, expiresAt, leasedUntil, status } = outbox;
    const retriable = and(
      isOf(realmId, id),
      ne(data, '{}'),
      or(isNull(expiresAt), gt(expiresAt, now)),
      or(eq(status, 'dead'), and(eq(status, 'pending'), lte(leasedUntil, now))),
    );
    const entry = { realmId, at: now, actor: actor.id, action: 'message_retried', target: id } as const;
    const [, [row]] = await db.batch([
      writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${outbox} WHERE ${retriable})`),
      db
        .update(outbox)
        .set({ status: 'pending', attempts: 0, nextAttemptAt: now, leasedUntil: 0, settledAt: null })
        .where(retriable)
        .returning(),
    ]);
    if (!row) {
      await this.get(realmId, id);
      throw new ApiError('message_not_retriable');
    }
    this.#outbox.sendSoon([row]);
    return messageOf(row);
  }

  /**
   * Mails an admin a test message, as the realm's mails look: to their own address, and no other. Throws
   * `user_not_found` for a service, which has none, and `rate_limited`.
   */
  async sendTest(realmId: string, actor: Actor): Promise<Message> {
    const db = this.#db();
    const user = await findById(db, actor.id);
    if (!user) throw new ApiError('user_not_found', { detail: 'An API key has no address: sign in.' });
    const request = { realmId: user.realmId, to: user.email, client: null, userId: user.id };
    if (!(await this.#mailBudget.take('other', request))) {
      throw new ApiError('rate_limited', { retryAfter: HOUR / SECOND });
    }
    const now = Date.now();
    const mail = message(
      { channel: 'mail', template: 'test_email', data: { name: greetedName(user), at: rfc3339(now) } },
      { realmId, userId: user.id, to: user.email, locale: user.locale },
      now,
    );
    const entry = {
      realmId,
      at: now,
      actor: actor.id,
      action: 'test_message_sent',
      target: mail.id,
    } as const;
    const [, [row]] = await db.batch([
      writeAuditIf(db, entry, sql`TRUE`),
      db.insert(outbox).values(mail).returning(),
    ]);
    this.#outbox.sendSoon([mail]);
    return messageOf(row as OutboxRow);
  }
}

/** What stands for nothing (`void`) is no message. */
function isOf(realmId: string, id: string) {
  return and(eq(outbox.id, id), eq(outbox.realmId, realmId), ne(outbox.status, 'void'), IS_MESSAGE);
}

/** Messages as those of lists that an index has in order, by `f.value`: of a user, or of each status. */
function messagesOf(realmId: string, { status, userId }: MessageFilter): { from: SQL; is: SQL } {
  const statuses = status === undefined ? [...MESSAGE_STATUSES] : [status];
  const lists = userId === undefined ? statuses : [userId];
  return {
    from: sql`json_each(${JSON.stringify(lists)}) AS f`,
    is:
      userId === undefined
        ? sql`realm_id = ${realmId} AND status = f.value AND ${IS_MESSAGE}`
        : (and(
            sql`user_id = f.value AND +realm_id = ${realmId}`,
            IS_MESSAGE,
            inArray(sql`+status`, statuses),
          ) as SQL),
  };
}

function messageOf({ data, eventId: _, ...row }: OutboxRow): Message {
  const isDue = row.expiresAt === null || row.expiresAt > Date.now();
  const channel = row.channel as Message['channel'];
  return { ...row, channel, isRetriable: row.status !== 'sent' && data !== '{}' && isDue };
}
