import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { RestoredSchema } from '../backup/schemas.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { AdminClient, KEY_NOTE, serviceUrl } from './admin-client.ts';
import { auditFrom } from './audit.ts';
import { fetchFolder } from './backup-bucket.ts';
import {
  BACKUP_OPTIONS,
  BackupFolder,
  folderIn,
  PASSPHRASE_VARIABLE,
  readPassphrase,
} from './backup-folder.ts';
import { runCommand, UsageError, type ValuesOf } from './command.ts';
import { boundDatabases, literal, query } from './d1.ts';
import { loadDatabase } from './database-dump.ts';
import { format, Progress } from './progress.ts';

// `npm run restore`: what `npm run backup` has written, into a Latchkey without users. What was stopped is run again.

/** Characters of a request. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** Accounts of a request: each is an object call, and a picture one more. */
const MAX_ACCOUNTS = 150;
const OPTIONS = {
  'with-sessions': { type: 'boolean', about: 'nobody has to sign in again' },
  accounts: {
    type: 'string',
    value: 'N',
    about: `accounts a request (${MAX_ACCOUNTS}); 15 on the free plan`,
  },
  bucket: { type: 'string', value: 'NAME/ID', about: 'fetch the backup from there into FOLDER first' },
  ...BACKUP_OPTIONS,
} as const;

/**
 * Accounts were copied after the databases: they refuse what is older than what they know, and would take the rows of the backup for that.
 */
const NEWER = 'UPDATE users SET version = version + 1000';

type Values = ValuesOf<typeof OPTIONS>;

async function restore(values: Values, positionals: string[]): Promise<void> {
  const path = folderIn(positionals);
  const perRequest = Number(values.accounts ?? MAX_ACCOUNTS);
  if (!(perRequest >= 1 && perRequest <= MAX_ACCOUNTS && Number.isInteger(perRequest)))
    throw new UsageError(`--accounts: must be 1 to ${MAX_ACCOUNTS}`);
  const passphrase = readPassphrase(values['passphrase-file']);
  if (passphrase === null) throw new UsageError(`Set ${PASSPHRASE_VARIABLE}, or say --passphrase-file.`);
  const client = new AdminClient(await serviceUrl(values));
  const folder = values.bucket === undefined ? BackupFolder.open(path) : await fetched(path, values);
  if (!folder) throw new Error(`There is no backup in ${path}.`);
  await check(folder, values);
  await folder.unlock(passphrase);
  await restoreDatabases(folder, values);
  await restoreAccounts(folder, client, values['with-sessions'] ?? false, perRequest);
}

function fetched(path: string, values: Values): Promise<BackupFolder> {
  const [bucket = '', id, ...rest] = String(values.bucket).split('/');
  if (!id || rest.length > 0)
    throw new UsageError('--bucket: must be the name of the bucket, a slash and the id of the backup');
  return fetchFolder(path, id, bucket, values);
}

/** Before anything is changed: whether all of it is there. */
async function check(folder: BackupFolder, values: Values): Promise<void> {
  const { manifest } = folder;
  if (manifest.finished_at === null) throw new Error('The backup is not whole: run `npm run backup` again.');
  for (const part of manifest.parts) {
    if (!(await folder.isIntact(part))) throw new Error(`${part.file} is missing, or was changed.`);
  }
  const bound = (await boundDatabases(values)).map(({ binding }) => binding);
  const missing = manifest.parts.filter(({ database }) => database !== null && !bound.includes(database));
  if (missing.length > 0) {
    throw new Error(
      `The backup has databases that are not bound here: ${missing.map(({ database }) => database).join(', ')}.`,
    );
  }
}

async function restoreDatabases(folder: BackupFolder, values: Values): Promise<void> {
  for (const part of folder.manifest.parts) {
    if (part.database === null) continue;
    if (await hasBackup(folder.manifest.id, part.database, values)) {
      console.error(`The database ${part.database} is there already.`);
      continue;
    }
    console.error(`Restoring the database ${part.database} …`);
    const sql = (await folder.read(part)).pipe(createGunzip());
    await loadDatabase(part.database, values, sql, [NEWER, noteOf(folder.manifest.id, part.database)]);
  }
}

/** What a database says of itself once it is back: written with all the rest, or not at all. */
function noteOf(id: string, database: string): string {
  const act = { realm_id: DEFAULT_REALM, at: Date.now(), action: 'database_restored', target: id } as const;
  return `${auditFrom(act, { database })} WHERE true`;
}

/** Whether a run that was stopped has put the database back. */
async function hasBackup(id: string, database: string, values: Values): Promise<boolean> {
  const note = `SELECT 1 AS one FROM audit WHERE action = 'database_restored' AND target = ${literal(id)} LIMIT 1`;
  try {
    const [found = []] = await query(note, values, database);
    return found.length > 0;
  } catch (error) {
    if (/no such table/.test((error as Error).message)) return false;
    throw error;
  }
}

async function restoreAccounts(
  folder: BackupFolder,
  client: AdminClient,
  withSessions: boolean,
  perRequest: number,
): Promise<void> {
  const parts = folder.manifest.parts.filter(({ database }) => database === null);
  const total = parts.reduce((sum, { accounts }) => sum + accounts, 0);
  const progress = new Progress(total);
  const query = `backup_id=${folder.manifest.id}&with_sessions=${withSessions}`;
  const result = { restored: 0, rows: 0, pictures: 0, used: 0, unknown: 0 };
  const send = async (lines: string[]) => {
    const answer = await client.call('POST', `/v1/admin/backup?${query}`, RestoredSchema, {
      body: lines.join(''),
      type: 'application/x-ndjson',
    });
    result.restored += answer.restored;
    result.rows += answer.rows;
    result.pictures += answer.pictures;
    result.used += answer.used.length;
    result.unknown += answer.unknown.length;
    for (const id of answer.used) progress.say(`${id} was used here already: it is left as it is.`);
    for (const id of answer.unknown) progress.say(`${id} was not there yet when the database was copied.`);
    progress.show(result.restored + result.used + result.unknown, '');
  };
  for (const part of parts) {
    const text = (await folder.read(part)).pipe(createGunzip());
    for await (const lines of requestsOf(createInterface({ input: text }), perRequest)) await send(lines);
  }
  console.log(
    `${format(result.restored)} accounts of ${format(total)} are back, with ${format(result.rows)} rows and ${format(result.pictures)} pictures.`,
  );
  if (result.restored + result.unknown < total) process.exitCode = 1;
}

/** Lines as requests take them. An account goes in one, unless it alone is too large. */
async function* requestsOf(lines: AsyncIterable<string>, perRequest: number): AsyncGenerator<string[]> {
  let request: string[] = [];
  let characters = 0;
  let accounts = new Set<string>();
  for await (const line of lines) {
    const { account } = JSON.parse(line) as { account?: string };
    // The end of a page.
    if (account === undefined) continue;
    const isFull =
      characters + line.length > MAX_CHARACTERS || (accounts.size === perRequest && !accounts.has(account));
    if (isFull && request.length > 0) {
      yield request;
      request = [];
      characters = 0;
      accounts = new Set();
    }
    request.push(`${line}\n`);
    characters += line.length + 1;
    accounts.add(account);
  }
  if (request.length > 0) yield request;
}

await runCommand({
  name: 'restore',
  usage: ['FOLDER [options]'],
  about: `Makes a Latchkey without users what it was when \`npm run backup\` wrote the folder. AUTH_SECRET has to be the one that it had
then. Users sign in again, unless sessions are kept. Accounts that somebody has used meanwhile are left as they are.`,
  options: OPTIONS,
  notes: `${KEY_NOTE} It has to be the bootstrap key (INTERNAL_API_KEY): others lie in the database.`,
  run: restore,
});
