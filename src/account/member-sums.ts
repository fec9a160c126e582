import { dateOf, monthOf } from '../lib/calendar.ts';
import { TOKENS } from './metering-contract.ts';
import { CREDITS } from './sharing.ts';
import type { MemberSum, MemberUse, ModelSum, SpendingDay, SpendingRange } from './sharing-contract.ts';
import type { Reached, Told } from './told.ts';

/** How far what members have used is summed up: of the ledger beside what the books themselves say. */
export type Cursor = Reached & { credits: number };

/** What somebody has used of a resource, or of CREDITS, in a month. */
export type MemberMonth = { month: string; member: string; resource: string; quantity: number };

/** What members have used after three numbers: of uses, of models, of the ledger. */
const SINCE = `SELECT member, resource, day, quantity FROM uses WHERE seq > ?1 AND resource IS NOT NULL
  UNION ALL SELECT member, '${TOKENS}', day, input_tokens + output_tokens FROM token_uses WHERE seq > ?2
  UNION ALL SELECT member, '${CREDITS}', member_day, -amount FROM credit_transactions
    WHERE seq > ?3 AND member_day IS NOT NULL`;

const TABLE = 'member_days';
const CURSORS = 'member_sums';

/**
 * What each member has used, by resource and UTC day: what is summed up, and the uses since, which nobody writes twice. A refund
 * counts for the day of its use. Every method is atomic.
 */
export class MemberSums {
  readonly #sql: SqlStorage;
  readonly #kv: SyncKvStorage;
  readonly #told: Told;
  /** Not summed up yet, of all. */
  #recent: Map<string, Map<string, number>> | undefined;
  /** Summed up, of whom somebody has asked for, by month. */
  readonly #folded = new Map<string, Map<string, number>>();
  #isThere = false;

  constructor(sql: SqlStorage, kv: SyncKvStorage, told: Told) {
    this.#sql = sql;
    this.#kv = kv;
    this.#told = told;
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#recent = undefined;
    this.#folded.clear();
    this.#isThere = false;
  }

  erase(): void {
    this.#sql.exec(`DROP TABLE IF EXISTS ${TABLE}`);
    this.#kv.delete(CURSORS);
    this.reload();
  }

  /** What a member has used in the day and the month of a moment. */
  used(member: string, resource: string, at: number): { day: number; month: number } {
    const [today, month] = [dateOf(at), monthOf(at)];
    const key = `${member} ${resource}`;
    const used = { day: 0, month: 0 };
    for (const days of [this.#foldedOf(member, resource, month), this.#unfolded().get(key) ?? []]) {
      for (const [day, quantity] of days) {
        if (day === today) used.day += quantity;
        if (day.startsWith(month)) used.month += quantity;
      }
    }
    return used;
  }

  /** Counts what is about to be written down. */
  add(member: string, resource: string, quantity: number, at: number): void {
    const days = this.#unfolded();
    const key = `${member} ${resource}`;
    const known = days.get(key) ?? new Map<string, number>();
    const day = dateOf(at);
    days.set(key, known.set(day, (known.get(day) ?? 0) + quantity));
  }

  /** Sums up what was used since the last time; to be called before the books move on. */
  fold(): void {
    const { sent, folded: before } = this.#cursors();
    const { uses, tokens, credits } = before;
    const last = (table: string, from: number) =>
      Math.max(
        from,
        this.#sql.exec<{ seq: number | null }>(`SELECT MAX(seq) AS seq FROM ${table}`).one().seq ?? 0,
      );
    const folded = {
      uses: last('uses', uses),
      tokens: last('token_uses', tokens),
      credits: last('credit_transactions', credits),
    };
    if (isSame(before, folded)) return;
    this.#create();
    this.#sql.exec(
      `INSERT INTO ${TABLE} (member, resource, day, used)
       SELECT member, resource, day, SUM(quantity) FROM (${SINCE}) WHERE member IS NOT NULL GROUP BY 1, 2, 3
       ON CONFLICT DO UPDATE SET used = used + excluded.used`,
      uses,
      tokens,
      credits,
    );
    this.#put({ sent, folded });
    this.#recent = undefined;
    this.#folded.clear();
  }

  /** The months of which the directory has less than is summed up, as a whole; and what to note when it has them. */
  unsent(): { months: MemberMonth[]; reached: Cursor } | null {
    const { folded, sent } = this.#cursors();
    if (isSame(folded, sent)) return null;
    this.#create();
    const months = this.#sql
      .exec<MemberMonth>(
        `SELECT month, member, resource, (SELECT COALESCE(SUM(used), 0) FROM ${TABLE} AS summed
           WHERE summed.member = changed.member AND summed.resource = changed.resource
             AND summed.day BETWEEN month || '-01' AND month || '-31') AS quantity
         FROM (SELECT DISTINCT substr(day, 1, 7) AS month, member, resource FROM (${SINCE})
           WHERE member IS NOT NULL) AS changed`,
        sent.uses,
        sent.tokens,
        sent.credits,
      )
      .toArray();
    return { months, reached: folded };
  }

  /** The directory has them. */
  noteSent(sent: Cursor): void {
    this.#put({ ...this.#cursors(), sent });
  }

  /** What each has used in a range of days, ordered; up to so many after one. */
  byMember({ from, to }: SpendingRange, after: MemberSum | null, limit: number): MemberSum[] {
    return this.#sql
      .exec<{ member: string; resource: string; quantity: number }>(
        `SELECT member, resource, SUM(quantity) AS quantity FROM (${this.#all()})
         WHERE member IS NOT NULL AND day BETWEEN ?4 AND ?5 AND (member, resource) > (?6, ?7)
         GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ?8`,
        ...this.#after(),
        from,
        to,
        after?.member ?? '',
        after ? (after.resource ?? CREDITS) : '',
        limit,
      )
      .toArray()
      .map((row) => ({ ...row, resource: nameOf(row.resource) }));
  }

  /** What some have used in the day and the month of a moment, of each resource that they have used in it; ordered. */
  ofMonth(members: string[], at: number): (MemberUse & { member: string })[] {
    const [today, month] = [dateOf(at), monthOf(at)];
    return this.#sql
      .exec<{ member: string; resource: string; day: number; month: number }>(
        `SELECT member, resource, SUM(quantity) AS month, SUM(iif(day = ?4, quantity, 0)) AS day FROM (${this.#all()})
         WHERE member IN (SELECT value FROM json_each(?6)) AND day BETWEEN ?5 || '-01' AND ?5 || '-31'
         GROUP BY 1, 2 ORDER BY 1, 2`,
        ...this.#after(),
        today,
        month,
        JSON.stringify(members),
      )
      .toArray()
      .map((row) => ({ ...row, resource: nameOf(row.resource) }));
  }

  /** What was used on each day of a range, of one or all, ordered. */
  byDay({ from, to }: SpendingRange, member: string | null): SpendingDay[] {
    return this.#sql
      .exec<{ date: string; resource: string; quantity: number }>(
        `SELECT day AS date, resource, SUM(quantity) AS quantity FROM (${this.#all()})
         WHERE day BETWEEN ?4 AND ?5 AND (?6 IS NULL OR member = ?6) GROUP BY 1, 2 ORDER BY 1, 2`,
        ...this.#after(),
        from,
        to,
        member,
      )
      .toArray()
      .map((row) => ({ ...row, resource: nameOf(row.resource) }));
  }

  /** What was used of each model in a range of days, those used most first. */
  byModel({ from, to }: SpendingRange): ModelSum[] {
    return this.#sql
      .exec<{ model: string; inputTokens: number; outputTokens: number; requests: number }>(
        `SELECT model, SUM(input_tokens) AS inputTokens, SUM(output_tokens) AS outputTokens, SUM(requests) AS requests
         FROM (SELECT * FROM token_days
           UNION ALL SELECT day, counted_as, input_tokens, output_tokens, 1 FROM token_uses WHERE seq > ?1)
         WHERE day BETWEEN ?2 AND ?3 GROUP BY model ORDER BY SUM(input_tokens + output_tokens) DESC, model`,
        this.#told.get().folded.tokens,
        from,
        to,
      )
      .toArray();
  }

  /** Forgets days from before a date. */
  prune(date: string): void {
    if (this.#exists()) this.#sql.exec(`DELETE FROM ${TABLE} WHERE day < ?`, date);
  }

  #all(): string {
    return this.#exists()
      ? `SELECT member, resource, day, used AS quantity FROM ${TABLE} UNION ALL ${SINCE}`
      : SINCE;
  }

  #after(): [number, number, number] {
    const { uses, tokens, credits } = this.#cursors().folded;
    return [uses, tokens, credits];
  }

  #foldedOf(member: string, resource: string, month: string): Map<string, number> {
    const key = `${member} ${resource} ${month}`;
    const known = this.#folded.get(key);
    if (known) return known;
    const rows = this.#exists()
      ? this.#sql
          .exec<{ day: string; used: number }>(
            `SELECT day, used FROM ${TABLE}
             WHERE member = ?1 AND resource = ?2 AND day BETWEEN ?3 || '-01' AND ?3 || '-31'`,
            member,
            resource,
            month,
          )
          .toArray()
      : [];
    const days = new Map(rows.map(({ day, used }) => [day, used]));
    this.#folded.set(key, days);
    return days;
  }

  #unfolded(): Map<string, Map<string, number>> {
    if (this.#recent) return this.#recent;
    this.#recent = new Map();
    const rows = this.#sql
      .exec<{ member: string; resource: string; day: string; quantity: number }>(
        `SELECT member, resource, day, SUM(quantity) AS quantity FROM (${SINCE})
         WHERE member IS NOT NULL GROUP BY 1, 2, 3`,
        ...this.#after(),
      )
      .toArray();
    for (const { member, resource, day, quantity } of rows) {
      const key = `${member} ${resource}`;
      this.#recent.set(key, (this.#recent.get(key) ?? new Map<string, number>()).set(day, quantity));
    }
    return this.#recent;
  }

  #cursors(): { folded: Cursor; sent: Cursor } {
    const known = this.#kv.get<{ credits: number; sent: Cursor }>(CURSORS);
    const { uses, tokens } = this.#told.get().folded;
    const nothing = { uses: 0, tokens: 0, credits: 0 };
    return { folded: { uses, tokens, credits: known?.credits ?? 0 }, sent: known?.sent ?? nothing };
  }

  #put({ folded, sent }: { folded: Cursor; sent: Cursor }): void {
    this.#kv.put(CURSORS, { credits: folded.credits, sent });
  }

  #create(): void {
    if (this.#exists()) return;
    this.#sql.exec(`CREATE TABLE ${TABLE} (
      member TEXT NOT NULL, resource TEXT NOT NULL, day TEXT NOT NULL, used INTEGER NOT NULL,
      PRIMARY KEY (member, resource, day)
    ) STRICT, WITHOUT ROWID`);
    this.#isThere = true;
  }

  #exists(): boolean {
    this.#isThere ||=
      this.#sql.exec('SELECT 1 FROM sqlite_schema WHERE name = ?', TABLE).toArray().length > 0;
    return this.#isThere;
  }
}

function isSame(one: Cursor, other: Cursor): boolean {
  return one.uses === other.uses && one.tokens === other.tokens && one.credits === other.credits;
}

function nameOf(resource: string): string | null {
  return resource === CREDITS ? null : resource;
}
