import { eq, sql } from 'drizzle-orm';
import { primary } from '../db/client.ts';
import { FROZEN_REALMS } from '../db/frozen.ts';
import { foldedColumn } from '../lib/fold.ts';
import { parsePhoneNumber } from '../lib/phone-number.ts';
import type { Budget } from '../lib/run-budget.ts';
import { users, usersToFold } from './tables.ts';

/** Users whom one run of the job brings into form. */
const PER_RUN = 200;

/** What a write of a user gives of names: a text, null to clear it, undefined to leave it. */
type Named = { name?: unknown; familyName?: unknown };

/** A row of `users`, or a part of one, with the columns by which its names are found. Every write of names goes through it. */
export function withFoldedNames<Row extends Named>(
  row: Row,
): Row & { foldedName?: string | null; foldedFamilyName?: string | null } {
  const { name, familyName } = row;
  return {
    ...row,
    ...(isText(name) && { foldedName: foldedColumn(name) }),
    ...(isText(familyName) && { foldedFamilyName: foldedColumn(familyName) }),
  };
}

const isText = (value: unknown): value is string | null => typeof value === 'string' || value === null;

/**
 * Brings users into the form that is written today whom an earlier version or plain SQL has written: names folded, phone
 * numbers as their plans have them, unless somebody else has proved that number. Late, twice or at once comes to the same.
 */
export async function foldNames(d1: D1Database, budget: Budget): Promise<void> {
  // To ask, and for the batch.
  if (!budget.take(4)) return;
  const { db } = primary(d1);
  const { id, name, familyName, phoneNumber } = users;
  const due = await db
    .select({ userId: usersToFold.userId, id, name, familyName, phoneNumber })
    .from(usersToFold)
    .leftJoin(users, eq(id, usersToFold.userId))
    .where(sql`coalesce(${users.realmId}, '') NOT IN ${FROZEN_REALMS}`)
    .limit(PER_RUN);
  if (due.length === 0) return;
  const given = JSON.stringify(
    due.map((row) => [
      row.userId,
      row.name,
      row.familyName,
      row.phoneNumber,
      foldedColumn(row.name),
      foldedColumn(row.familyName),
      (row.phoneNumber && parsePhoneNumber(row.phoneNumber)) ?? row.phoneNumber,
    ]),
  );
  // A user who was written meanwhile stays as they were written, and in the list.
  const asRead = `users.id = j.value ->> 0 AND name IS j.value ->> 1 AND family_name IS j.value ->> 2
    AND phone_number IS j.value ->> 3`;
  const statements = [
    `DELETE FROM users_to_fold WHERE user_id IN (
      SELECT j.value ->> 0 FROM json_each(?1) AS j LEFT JOIN users ON users.id = j.value ->> 0
      WHERE users.id IS NULL OR (${asRead}))`,
    `UPDATE users SET folded_name = j.value ->> 4, folded_family_name = j.value ->> 5
      FROM json_each(?1) AS j WHERE ${asRead}`,
    // Not if somebody else has proved that number: the index of those decides.
    `UPDATE OR IGNORE users SET phone_number = j.value ->> 6 FROM json_each(?1) AS j
      WHERE ${asRead} AND phone_number <> j.value ->> 6`,
  ];
  await d1.batch(statements.map((statement) => d1.prepare(statement).bind(given)));
}
