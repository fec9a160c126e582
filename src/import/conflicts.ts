import { sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { credentialsOf, type ImportSource, knownBy, type NumberedRow } from './store.ts';

/** What only one user of a realm can have. */
const UNIQUE = {
  email: { code: 'user_exists', message: 'There is a user with this address' },
  username: { code: 'username_taken', message: 'Is already taken' },
  phone_number: { code: 'phone_number_taken', message: 'Another user has proved this number' },
  external_id: { code: 'external_id_taken', message: 'Another user was imported by this id' },
  identities: {
    code: 'identity_conflict',
    message: 'Another user signs in with this account of the provider',
  },
  passkeys: { code: 'passkey_exists', message: 'Another user has this passkey' },
} as const;

type UniqueColumn = keyof typeof UNIQUE;

/** Why a row cannot become a user. */
export interface Conflict {
  number: number;
  column: UniqueColumn;
  code: (typeof UNIQUE)[UniqueColumn]['code'] | 'duplicate_in_file';
  message: string;
}

/** What stands against a row, and which row of the same import has brought it. */
interface Found {
  number: number;
  column: UniqueColumn;
  row: number | null;
}

function uniqueValues({ row }: NumberedRow): [UniqueColumn, string | null | undefined][] {
  return [
    ['email', row.email],
    ['username', row.username?.toLowerCase()],
    ['phone_number', row.phone_number_verified ? row.phone_number : null],
    ['external_id', row.external_id],
  ];
}

/** Parts rows from those that say of themselves what an earlier one has said. */
export function withoutDuplicates(rows: NumberedRow[]): { rows: NumberedRow[]; conflicts: Conflict[] } {
  const seen = new Map<string, number>();
  const conflicts: Conflict[] = [];
  const unique = rows.filter((one) => {
    const values = [
      ...uniqueValues(one).filter(([, value]) => value),
      ...knownBy(one.row).map((identity): [UniqueColumn, string] => ['identities', JSON.stringify(identity)]),
      ...credentialsOf(one.row).map((id): [UniqueColumn, string] => ['passkeys', id]),
    ];
    const twice = values.find(([column, value]) => seen.has(`${column}:${value}`));
    if (twice) conflicts.push(duplicate(one.number, twice[0], seen.get(twice.join(':')) as number));
    else for (const value of values) seen.set(value.join(':'), one.number);
    return !twice;
  });
  return { rows: unique, conflicts };
}

const duplicate = (number: number, column: UniqueColumn, earlier: number): Conflict => ({
  number,
  column,
  code: 'duplicate_in_file',
  message: `Row ${earlier} of the file says the same`,
});

/** Which of these rows stand against a user who is already there, and what of them does. */
export async function findConflicts(
  db: Database,
  key: ImportSource,
  rows: NumberedRow[],
): Promise<Conflict[]> {
  if (rows.length === 0) return [];
  const lists = JSON.stringify(
    rows.map((row) => [row.number, ...uniqueValues(row).map(([, value]) => value ?? null), knownBy(row.row)]),
  );
  const { realmId, importId, source } = key;
  // CROSS JOIN: from the rows to the directory, never the other way round.
  const found = await db.all<Found>(sql`
    WITH given AS (SELECT j.value ->> 0 AS number, j.value ->> 1 AS email, j.value ->> 2 AS username,
        j.value ->> 3 AS phone_number, j.value ->> 4 AS external_id, j.value -> 5 AS identities FROM json_each(${lists}) AS j),
      taken AS (
        SELECT number, 1 AS rank, 'email' AS "column", id FROM given
          CROSS JOIN users ON realm_id = ${realmId} AND users.email = given.email
        UNION ALL SELECT number, 2, 'username', id FROM given
          CROSS JOIN users ON realm_id = ${realmId} AND users.username = given.username
        UNION ALL SELECT number, 3, 'phone_number', id FROM given
          CROSS JOIN users ON realm_id = ${realmId} AND users.phone_number = given.phone_number
            AND phone_number_verified = 1
        UNION ALL SELECT number, 4, 'external_id', user_id FROM given
          CROSS JOIN imported_users ON realm_id = ${realmId} AND imported_users.source = ${source}
            AND imported_users.external_id = given.external_id
        UNION ALL SELECT number, 5, 'identities', user_id FROM given
          CROSS JOIN json_each(given.identities) AS i
          CROSS JOIN identities ON realm_id = ${realmId} AND provider = i.value ->> 0 AND subject = i.value ->> 1)
    SELECT number, "column", MIN(rank), row FROM taken
      LEFT JOIN imported_users ON user_id = taken.id AND import_id = ${importId} AND realm_id = ${realmId}
    GROUP BY number`);
  const numbers = new Set(found.map(({ number }) => number));
  const others = rows.filter(({ number, row }) => !numbers.has(number) && credentialsOf(row).length > 0);
  return [...found, ...(await takenPasskeys(db, key, others))].map(({ number, column, row }) =>
    row === null ? { number, column, ...UNIQUE[column] } : duplicate(number, column, row),
  );
}

/** Which of these rows have a passkey that is there already. D1 takes no more terms in the question above. */
async function takenPasskeys(
  db: Database,
  { realmId, importId }: ImportSource,
  rows: NumberedRow[],
): Promise<Found[]> {
  if (rows.length === 0) return [];
  const lists = JSON.stringify(rows.map(({ number, row }) => [number, credentialsOf(row)]));
  return db.all<Found>(sql`
    SELECT j.value ->> 0 AS number, 'passkeys' AS "column", MIN(row) AS row FROM json_each(${lists}) AS j
      CROSS JOIN json_each(j.value, '$[1]') AS i
      CROSS JOIN passkeys ON passkeys.realm_id = ${realmId} AND credential_id = i.value
      LEFT JOIN imported_users ON imported_users.user_id = passkeys.user_id AND import_id = ${importId}
        AND imported_users.realm_id = ${realmId}
    GROUP BY j.key`);
}
