import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTROL } from '../config/databases.ts';
import { type FoundLine, readLine, verifyChain } from '../lib/audit-chain.ts';
import { DATABASE, runCommand, UsageError, type ValuesOf } from './command.ts';
import { isDeployed, query, runWrangler } from './d1.ts';

// `npm run audit:verify`: whether the stream of audits is whole: by files alone, or by the bucket and what the database says of it.

const OPTIONS = {
  files: {
    type: 'string',
    value: 'PATH',
    about: 'a file with lines of the stream, or a folder with such files',
  },
  bucket: {
    type: 'string',
    value: 'NAME',
    about: 'the bucket; `latchkey-audit` unless said, or `latchkey-audit-NAME` of --env NAME',
  },
  database: { type: 'string', value: 'BINDING', about: 'of this database; `DB` unless said' },
  from: { type: 'string', value: 'SEQ', about: 'the first entry that is still kept; 1 unless said' },
  ...DATABASE,
} as const;

type Values = ValuesOf<typeof OPTIONS>;

async function verify(values: Values): Promise<void> {
  const from = Number(values.from ?? 1);
  if (!Number.isInteger(from) || from < 1) throw new UsageError('--from: must be the number of an entry.');
  const text = values.files === undefined ? await fromBucket(values, from) : readAll(values.files);
  const lines = linesOf(text).filter(({ seq }) => seq >= from);
  const [first] = lines;
  if (!first) throw new Error(`There is no entry from ${from} on.`);
  // What was before them is gone: they are held against each other.
  const start = from === 1 ? undefined : { seq: from - 1, hash: first.prev };
  const { head, fault } = verifyChain(lines, start);
  if (fault !== null) throw new Error(fault);
  if (values.files === undefined) await holdAgainstHead(values, head);
  console.log(`The entries ${from} to ${head.seq} are whole and in order.`);
  console.log(`The hash of the last is ${head.hash}.`);
}

/** The database knows how far the chain has come: what was cut off at its end shows by that. */
async function holdAgainstHead(values: Values, head: { seq: number; hash: string }): Promise<void> {
  const [rows = []] = await query('SELECT seq, hash FROM audit_stream', values, values.database ?? CONTROL);
  const { seq, hash } = rows[0] ?? {};
  if (Number(seq) > head.seq) throw new Error(`The entries ${head.seq + 1} to ${seq} are missing.`);
  if (Number(seq) < head.seq || hash !== head.hash) {
    throw new Error(`The database does not know entry ${head.seq}: it has come to ${seq}.`);
  }
}

function linesOf(text: string): FoundLine[] {
  const lines = text.split('\n').filter((line) => line.includes('"prev":"'));
  const found = lines.map((line) => readLine(line));
  const unread = found.indexOf(null);
  if (unread >= 0) throw new Error(`A line cannot be read: ${lines[unread]?.slice(0, 80)}`);
  return (found as FoundLine[]).sort((one, other) => one.seq - other.seq);
}

function readAll(path: string): string {
  if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8');
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

/** The files that the database names, one after another. */
async function fromBucket(values: Values, from: number): Promise<string> {
  const { env, database = CONTROL } = values;
  const { bucket = `latchkey-audit${env === undefined ? '' : `-${env}`}` } = values;
  const sql = `SELECT key FROM audit_files WHERE last >= ${from} ORDER BY first`;
  const [files = []] = await query(sql, values, database);
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-audit-'));
  const where = isDeployed(values) ? ['--remote'] : ['--local', ...persisted(values)];
  try {
    const texts: string[] = [];
    for (const { key } of files) {
      const file = join(folder, 'file');
      const { code, output, problem } = await runWrangler([
        ...['r2', 'object', 'get', `${bucket}/${key}`, '--file', file],
        ...where,
      ]);
      if (code !== 0) throw new Error(`${key} cannot be read:\n${output}${problem}`);
      texts.push(readFileSync(file, 'utf8'));
    }
    return texts.join('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function persisted({ 'persist-to': path }: Values): string[] {
  return path === undefined ? [] : ['--persist-to', path];
}

await runCommand({
  name: 'audit:verify',
  usage: ['[options]'],
  about:
    'Checks that the stream of audits is whole: no entry missing, changed or put in. It names the first break.',
  options: OPTIONS,
  run: verify,
});
