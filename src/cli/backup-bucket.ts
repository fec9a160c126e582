import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BackupFolder } from './backup-folder.ts';
import { type DatabaseTarget, runWrangler, wranglerPlace } from './d1.ts';

/** Copies a backup into a bucket, the manifest last: what has one is whole. Throws with what wrangler says. */
export async function sendFolder(
  folder: BackupFolder,
  bucket: string,
  target: DatabaseTarget,
): Promise<void> {
  for (const file of folder.files) {
    await object('put', `${bucket}/${folder.manifest.id}/${file}`, join(folder.path, file), target);
  }
}

/** Fetches a backup from a bucket into a folder. Throws with what wrangler says. */
export async function fetchFolder(
  path: string,
  id: string,
  bucket: string,
  target: DatabaseTarget,
): Promise<BackupFolder> {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  await object('get', `${bucket}/${id}/backup.json`, join(path, 'backup.json'), target);
  const folder = BackupFolder.open(path) as BackupFolder;
  for (const file of folder.files.slice(0, -1)) {
    await object('get', `${bucket}/${id}/${file}`, join(path, file), target);
  }
  return folder;
}

async function object(act: 'put' | 'get', key: string, file: string, target: DatabaseTarget): Promise<void> {
  const { code, output, problem } = await runWrangler([
    ...['r2', 'object', act, key, '--file', file],
    ...(await wranglerPlace(target)),
  ]);
  if (code !== 0)
    throw new Error(`${key} could not be ${act === 'put' ? 'written' : 'read'}:\n${output}${problem}`);
}
