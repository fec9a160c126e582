import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip, gunzipSync } from 'node:zlib';
import { BackupEnd } from '../backup/schemas.ts';
import { newId } from '../lib/ids.ts';
import { AdminClient, KEY_NOTE, serviceUrl } from './admin-client.ts';
import { sendFolder } from './backup-bucket.ts';
import { BACKUP_OPTIONS, BackupFolder, folderIn, newPassphrase, readPassphrase } from './backup-folder.ts';
import { runCommand, type ValuesOf } from './command.ts';
import { boundDatabases } from './d1.ts';
import { dumpDatabase } from './database-dump.ts';
import { format } from './progress.ts';
import { ROOT } from './root.ts';

// `npm run backup`: databases, accounts and pictures, encrypted, in a folder. What was stopped goes on where it was.

const OPTIONS = {
  bucket: { type: 'string', value: 'NAME', about: 'copy the folder into this R2 bucket in the end' },
  ...BACKUP_OPTIONS,
} as const;

/** Bytes of accounts that make a part, before they are encrypted. */
const PART_BYTES = 8 * 1024 * 1024;

async function backup(values: ValuesOf<typeof OPTIONS>, positionals: string[]): Promise<void> {
  const path = folderIn(positionals);
  const url = await serviceUrl(values);
  const client = new AdminClient(url);
  const given = readPassphrase(values['passphrase-file']);
  const begun = BackupFolder.open(path);
  // One that is begun goes on with its own: with another, nobody could open what they think they can.
  if (begun && given !== null) await begun.unlock(given);
  const folder = begun ?? (await begin(path, url, given));
  const { manifest } = folder;
  if (manifest.origin !== url) throw new Error(`The backup in ${path} is of ${manifest.origin}.`);
  if (manifest.finished_at === null) {
    await addDatabases(folder, values);
    await addAccounts(folder, client);
    folder.save({ finished_at: new Date().toISOString() });
  } else console.error('It is whole already.');
  const accounts = folder.manifest.parts.reduce((sum, part) => sum + part.accounts, 0);
  console.log(`${path} has the whole Latchkey: ${accountsIn(accounts)}.`);
  if (values.bucket === undefined) return;
  await sendFolder(folder, values.bucket, values);
  console.log(`So has the bucket ${values.bucket}, under ${folder.manifest.id}/.`);
}

const accountsIn = (count: number) => (count === 1 ? '1 account' : `${format(count)} accounts`);

async function begin(path: string, origin: string, given: string | null): Promise<BackupFolder> {
  const passphrase = given ?? newPassphrase();
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const folder = await BackupFolder.begin(path, passphrase, { id: newId('bak'), origin, version });
  if (given === null) {
    console.log(
      `Passphrase: ${passphrase}\n\nIt is not shown again, and nobody can open the backup without it.\n`,
    );
  }
  return folder;
}

/** Before the accounts: what an account has told a database since it can tell it again. */
async function addDatabases(folder: BackupFolder, values: ValuesOf<typeof OPTIONS>): Promise<void> {
  for (const { binding } of await boundDatabases(values)) {
    if (folder.manifest.parts.some(({ database }) => database === binding)) continue;
    console.error(`Copying the database ${binding} …`);
    await dumpDatabase(binding, values, (sql) =>
      folder.add({ file: `${binding}.sql.gz.age`, database: binding, accounts: 0 }, sql.pipe(createGzip())),
    );
  }
}

async function addAccounts(folder: BackupFolder, client: AdminClient): Promise<void> {
  const before = folder.manifest.parts.filter(({ database }) => database === null);
  let total = before.reduce((sum, { accounts }) => sum + accounts, 0);
  if (total > 0) console.error(`Going on after ${accountsIn(total)}.`);
  let { cursor } = folder.manifest;
  // An end that was reached has no cursor either.
  for (let isLast = before.at(-1) !== undefined && cursor === null; !isLast; ) {
    const pages: Buffer[] = [];
    let [bytes, accounts] = [0, 0];
    while (!isLast && bytes < PART_BYTES) {
      const page = await client.download(
        `/v1/admin/backup?${cursor === null ? '' : `cursor=${cursor}`}`,
        (read) => endOf(read) !== null,
      );
      const end = endOf(page) as { next: string | null; accounts: number };
      pages.push(page);
      bytes += page.length;
      accounts += end.accounts;
      cursor = end.next;
      isLast = cursor === null;
    }
    const number = folder.manifest.parts.filter(({ database }) => database === null).length + 1;
    const file = `accounts-${String(number).padStart(5, '0')}.ndjson.gz.age`;
    await folder.add({ file, database: null, accounts }, Readable.from(pages), { cursor });
    total += accounts;
    console.error(accountsIn(total));
  }
}

/** What the last line of a page says; null for a page that was broken off. */
function endOf(page: Buffer): { next: string | null; accounts: number } | null {
  try {
    // A page may have more than a string can hold.
    const lines = gunzipSync(page);
    const last = lines.subarray(lines.lastIndexOf('\n', lines.length - 2) + 1);
    return BackupEnd.parse(JSON.parse(last.toString()));
  } catch {
    return null;
  }
}

await runCommand({
  name: 'backup',
  usage: ['FOLDER [options]'],
  about: `Copies all there is into a folder, encrypted: each database, and each account (sessions, log, quotas, credits, picture) as it was
at one moment. Stopped at any time, it goes on when it is run again, with the passphrase that it began with or with none. A new one without a passphrase makes one, which it shows once.`,
  options: OPTIONS,
  notes: `${KEY_NOTE} It has to be the bootstrap key (INTERNAL_API_KEY) or an owner's.`,
  run: backup,
});
