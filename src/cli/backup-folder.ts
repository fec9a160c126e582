import { createHash, randomBytes } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { Decrypter, Encrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { z } from 'zod';
import { DATABASE, SERVICE, UsageError } from './command.ts';

// A backup is a folder. `backup.json` says what there is; each part is encrypted by age (age-encryption.org/v1) for a key of this backup, and that
// key, `identity.age`, by the passphrase: so that parts can be added without it, and `age` alone can open them.

const MANIFEST = 'backup.json';
const IDENTITY = 'identity.age';
/** By where a passphrase comes from that no terminal has to see. */
export const PASSPHRASE_VARIABLE = 'LATCHKEY_BACKUP_PASSPHRASE';

/** What both commands take: which Latchkey, and from where the passphrase comes. */
export const BACKUP_OPTIONS = {
  'passphrase-file': {
    type: 'string',
    value: 'FILE',
    about: `has the passphrase, in place of ${PASSPHRASE_VARIABLE}`,
  },
  ...SERVICE,
  ...DATABASE,
} as const;

/** The one folder that was typed. Throws UsageError for none or more. */
export function folderIn([path, ...rest]: string[]): string {
  if (!path || rest.length > 0) throw new UsageError('Say one folder.');
  return path;
}

const Part = z.object({
  file: z.string().regex(/^[\w.-]+$/),
  /** Of what is in the file as it lies there. */
  sha256: z.string(),
  /** The database that it is; null for accounts. */
  database: z.string().nullable(),
  accounts: z.number().int(),
});

const Manifest = z.object({
  format: z.literal(1),
  id: z.string(),
  origin: z.string(),
  version: z.string(),
  started_at: z.string(),
  finished_at: z.string().nullable(),
  recipient: z.string(),
  /** Where the next page of accounts begins; null before the first. */
  cursor: z.string().nullable(),
  parts: z.array(Part),
});

export type BackupPart = z.output<typeof Part>;
export type BackupManifest = z.output<typeof Manifest>;

/** The passphrase of the environment or of a file; null where neither says one. Throws for a short one. */
export function readPassphrase(file: string | undefined): string | null {
  const given = file === undefined ? process.env[PASSPHRASE_VARIABLE] : readFileSync(file, 'utf8').trim();
  if (given === undefined) return null;
  if (given.length < 12) throw new Error('The passphrase has to have 12 characters or more.');
  return given;
}

/** A passphrase of 128 bits. */
export function newPassphrase(): string {
  return (randomBytes(16).toString('hex').match(/.{8}/g) as string[]).join('-');
}

/** A backup that lies in a folder. */
export class BackupFolder {
  readonly path: string;
  manifest: BackupManifest;
  #identity: string | undefined;

  private constructor(path: string, manifest: BackupManifest) {
    this.path = path;
    this.manifest = manifest;
  }

  /** Begins a backup in a new folder, whose files nobody else may read. */
  static async begin(
    path: string,
    passphrase: string,
    about: Pick<BackupManifest, 'id' | 'origin' | 'version'>,
  ): Promise<BackupFolder> {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const identity = await generateIdentity();
    const encrypter = new Encrypter();
    encrypter.setPassphrase(passphrase);
    writeFileSync(join(path, IDENTITY), await encrypter.encrypt(identity), { mode: 0o600 });
    const folder = new BackupFolder(path, {
      format: 1,
      ...about,
      started_at: new Date().toISOString(),
      finished_at: null,
      recipient: await identityToRecipient(identity),
      cursor: null,
      parts: [],
    });
    folder.save({});
    return folder;
  }

  /** The backup in a folder; null where there is none. Throws for one of another make. */
  static open(path: string): BackupFolder | null {
    const file = join(path, MANIFEST);
    if (!existsSync(file)) return null;
    const parsed = Manifest.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (!parsed.success) throw new Error(`${file} is of no backup that this Latchkey can read.`);
    return new BackupFolder(path, parsed.data);
  }

  /** The names of all files, that of the manifest last. */
  get files(): string[] {
    return [IDENTITY, ...this.manifest.parts.map(({ file }) => file), MANIFEST];
  }

  /** Notes how far it has come: whole or not at all. */
  save(change: Partial<BackupManifest>): void {
    this.manifest = { ...this.manifest, ...change };
    const file = join(this.path, MANIFEST);
    writeFileSync(`${file}.new`, `${JSON.stringify(this.manifest, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  /** Encrypts a part into its file, and notes it. */
  async add(
    part: Omit<BackupPart, 'sha256'>,
    content: Readable,
    change: Partial<BackupManifest> = {},
  ): Promise<void> {
    const encrypter = new Encrypter();
    encrypter.addRecipient(this.manifest.recipient);
    const encrypted = await encrypter.encrypt(webOf(content));
    const hash = createHash('sha256');
    const hashed = async function* (source: AsyncIterable<Uint8Array>) {
      for await (const bytes of source) {
        hash.update(bytes);
        yield bytes;
      }
    };
    const to = createWriteStream(join(this.path, part.file), { mode: 0o600 });
    await pipeline(nodeOf(encrypted), hashed, to);
    const parts = [...this.manifest.parts, { ...part, sha256: hash.digest('hex') }];
    this.save({ ...change, parts });
  }

  /** Opens the key of the backup. Throws for another passphrase. */
  async unlock(passphrase: string): Promise<void> {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase);
    try {
      this.#identity = await decrypter.decrypt(readFileSync(join(this.path, IDENTITY)), 'text');
    } catch {
      throw new Error('That is not the passphrase of this backup.');
    }
  }

  /** Whether a part lies there as it was written. */
  async isIntact({ file, sha256 }: BackupPart): Promise<boolean> {
    const path = join(this.path, file);
    if (!existsSync(path)) return false;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex') === sha256;
  }

  /** What is in a part. */
  async read({ file }: BackupPart): Promise<Readable> {
    const decrypter = new Decrypter();
    decrypter.addIdentity(this.#identity as string);
    const encrypted = webOf(createReadStream(join(this.path, file)));
    return nodeOf(await decrypter.decrypt(encrypted));
  }
}

// The streams of Node and those of the Workers' types are the same, and their types are not.

function webOf(stream: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(stream) as unknown as ReadableStream<Uint8Array>;
}

function nodeOf(stream: ReadableStream<Uint8Array>): Readable {
  return Readable.fromWeb(stream as unknown as WebStream);
}
