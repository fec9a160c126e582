import { createReadStream, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { readerOf } from '../import/file.ts';
import { MAX_ORGANIZATIONS, OrganizationImportResultSchema } from '../import/organization-schemas.ts';
import type { FileRecord } from '../import/record.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { AdminClient, KEY_NOTE, serviceUrl } from './admin-client.ts';
import { runCommand, SERVICE, UsageError, type ValuesOf } from './command.ts';
import { format, Progress } from './progress.ts';

// `npm run organizations:import`: sends a file of organizations to the admin API, request by request. What is there already is passed
// over, so that a run that was stopped is simply run again.

const OPTIONS = {
  ...SERVICE,
  realm: { type: 'string', value: 'ID', about: 'the realm (default)' },
  source: {
    type: 'string',
    value: 'NAME',
    about: 'which system the external_id of members is of: what --from or --source said of their users',
  },
  'on-existing': {
    type: 'string',
    value: 'KIND',
    about: 'skip (the default) or error: what a row is whose slug an organization has',
  },
  'dry-run': { type: 'boolean', about: 'say what would happen, change nothing' },
  errors: { type: 'string', value: 'FILE', about: 'write bad rows there as NDJSON' },
} as const;

/** Below the 1 MiB of a request. */
const MAX_BYTES = 1_000_000;
const SHOWN_ERRORS = 20;

const Options = z.object({
  realm: z.string().default(DEFAULT_REALM),
  source: z.string().max(100).default(''),
  'on-existing': z.enum(['skip', 'error']).default('skip'),
  'dry-run': z.boolean().default(false),
  errors: z.string().optional(),
});

/** What goes in one request: its text, and the line of the file of each record. */
interface Chunk {
  text: string;
  bytes: number;
  lines: number[];
}

async function importOrganizations(values: ValuesOf<typeof OPTIONS>, positionals: string[]): Promise<void> {
  const [path, ...rest] = positionals;
  if (!path || rest.length > 0) throw new UsageError('Say one file.');
  const kind = /\.(ndjson|jsonl|json)$/i.exec(path)?.[1]?.toLowerCase();
  if (!kind) throw new UsageError('FILE is NDJSON or JSON (.ndjson, .jsonl, .json).');
  const parsed = Options.safeParse(values);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(`--${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { realm, source, errors: errorFile, 'on-existing': onExisting, 'dry-run': dryRun } = parsed.data;
  const client = new AdminClient(`${await serviceUrl(values)}/realms/${realm}`);
  const query = new URLSearchParams({ source, on_existing: onExisting, dry_run: String(dryRun) });
  const read = () => recordsOf(path, kind === 'json' ? 'json' : 'ndjson');
  let rows = 0;
  for await (const _ of read()) rows += 1;
  if (rows === 0) throw new Error('The file has no rows.');

  const progress = new Progress(rows, 0);
  const total = { imported: 0, skipped: 0, failed: 0 };
  let [sent, shown] = [0, 0];
  if (errorFile) writeFileSync(errorFile, '');
  for await (const { text, lines } of chunksOf(read())) {
    const answer = await client.call(
      'POST',
      `/v1/admin/organizations/import?${query}`,
      OrganizationImportResultSchema,
      { body: text, type: 'application/x-ndjson' },
    );
    for (const name of ['imported', 'skipped', 'failed'] as const) total[name] += answer[name];
    const errors = answer.errors.map(({ row, column, code, message }) => {
      return { line: lines[row - 1] ?? 0, column, code, message };
    });
    if (errorFile) {
      writeFileSync(errorFile, errors.map((error) => `${JSON.stringify(error)}\n`).join(''), { flag: 'a' });
    }
    for (const { line, column, message } of errors) {
      shown += 1;
      if (shown <= SHOWN_ERRORS) progress.say(`line ${line}${column ? `, ${column}` : ''}: ${message}`);
      if (shown === SHOWN_ERRORS + 1) progress.say('…');
    }
    sent += lines.length;
    progress.show(sent, total.failed ? `, ${format(total.failed)} bad` : '');
  }
  const [imported, skipped, failed] = Object.values(total).map(format);
  console.log(
    `${dryRun ? 'Would import' : 'Imported'} ${imported}, skipped ${skipped} that are there, refused ${failed}.`,
  );
  if (total.failed > 0) process.exitCode = 1;
}

async function* recordsOf(path: string, kind: 'json' | 'ndjson'): AsyncGenerator<FileRecord> {
  const decoder = new TextDecoder();
  const reader = readerOf(kind);
  for await (const bytes of createReadStream(path))
    yield* reader.push(decoder.decode(bytes, { stream: true }));
  yield* reader.push(decoder.decode());
  yield* reader.end();
}

/** Cuts records into requests. What is none stays one that the service refuses, so that its row is told with the others. */
async function* chunksOf(records: AsyncIterable<FileRecord>): AsyncGenerator<Chunk> {
  let chunk: Chunk = { text: '', bytes: 0, lines: [] };
  for await (const record of records) {
    const text = 'problem' in record ? 'null\n' : `${JSON.stringify(record.values)}\n`;
    const bytes = Buffer.byteLength(text);
    if (chunk.lines.length === MAX_ORGANIZATIONS || chunk.bytes + bytes > MAX_BYTES) {
      yield chunk;
      chunk = { text: '', bytes: 0, lines: [] };
    }
    chunk.text += text;
    chunk.bytes += bytes;
    chunk.lines.push(record.line);
  }
  if (chunk.lines.length > 0) yield chunk;
}

await runCommand({
  name: 'organizations:import',
  usage: ['FILE [options]'],
  about:
    'Imports organizations of another system with their members, after their users. FILE is NDJSON or JSON.',
  options: OPTIONS,
  notes: KEY_NOTE,
  run: importOrganizations,
});
