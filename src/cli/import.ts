import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { FileFormat } from '../import/file.ts';
import { MappingSchema } from '../import/mapping.ts';
import type { FileRecord, RowProblem } from '../import/record.ts';
import { ImportResultSchema, ImportSchema, MAX_ROWS } from '../import/schemas.ts';
import { SOURCE_NAMES } from '../import/service-mappings.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { AdminClient, ApiRefusal, KEY_NOTE, serviceUrl } from './admin-client.ts';
import { runCommand, SERVICE, UsageError, type ValuesOf } from './command.ts';
import { readFirebaseParameters } from './firebase-hashes.ts';
import { type ImportFile, recordsOf, SeenUsers, surveyFile } from './import-file.ts';
import { format, Progress } from './progress.ts';

// `npm run users:import`: sends a file of users to the admin API, request by request. What was killed goes on where it
// stood when it is run again: the service knows the file by its hash, and how many of its rows are done.

const OPTIONS = {
  ...SERVICE,
  realm: { type: 'string', value: 'ID', about: 'the realm (default)' },
  from: {
    type: 'string',
    value: 'NAME',
    about: `whose export or users table it is: ${SOURCE_NAMES.join(', ')}`,
  },
  service: { type: 'string', value: 'NAME', about: 'what --from was called before' },
  source: {
    type: 'string',
    value: 'NAME',
    about: 'which system the ids are of, if not that of --from: ids of two may be the same',
  },
  'hash-parameters': {
    type: 'string',
    value: 'FILE',
    about: 'of a Firebase project, as its console shows them',
  },
  mapping: {
    type: 'string',
    value: 'FILE',
    about: 'JSON: their columns, what values mean, how hashes are written',
  },
  'on-existing': {
    type: 'string',
    value: 'KIND',
    about: 'skip (the default) or error: what a row is whose address a user has',
  },
  'dry-run': { type: 'boolean', about: 'say what would happen, change nothing' },
  format: { type: 'string', value: 'KIND', about: 'csv, ndjson or json, when the name of FILE does not say' },
  rows: {
    type: 'string',
    value: 'N',
    about: `rows a request, at most ${MAX_ROWS}; fewer for the CPU time of a free plan`,
  },
  errors: { type: 'string', value: 'FILE', about: 'write bad rows there as NDJSON' },
} as const;

/** Below the 1 MiB of a request. */
const MAX_BYTES = 1_000_000;
const SHOWN_ERRORS = 20;

interface RowError extends RowProblem {
  line: number;
}

/** Records that go in one request, and what is wrong with them before they do. */
interface Chunk {
  /** The number of the first, from 1 on. */
  first: number;
  text: string;
  bytes: number;
  lines: number[];
  problems: Map<number, RowProblem>;
}

const Options = z.object({
  realm: z.string().default(DEFAULT_REALM),
  from: z.enum(SOURCE_NAMES).optional(),
  source: z.string().max(100).optional(),
  'on-existing': z.enum(['skip', 'error']).default('skip'),
  'dry-run': z.boolean().default(false),
  rows: z.coerce.number().int().min(1).max(MAX_ROWS).default(MAX_ROWS),
  errors: z.string().optional(),
});

async function importUsers(values: ValuesOf<typeof OPTIONS>, positionals: string[]): Promise<void> {
  const [path, ...rest] = positionals;
  if (!path || rest.length > 0) throw new UsageError('Say one file.');
  const parsed = Options.safeParse({ ...values, from: values.from ?? values.service });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`--${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { from: service } = parsed.data;
  const format = formatOf(path, values.format);
  const parameters = values['hash-parameters'];
  const firebase = parameters === undefined ? null : readFirebaseParameters(parameters);
  const file = { path, format, service, firebase, mapping: readMapping(values.mapping) };
  await send(file, { ...parsed.data, url: await serviceUrl(values) });
}

async function send(file: ImportFile, options: z.output<typeof Options> & { url: string }): Promise<void> {
  const { realm, errors: errorFile } = options;
  const dryRun = options['dry-run'];
  const client = new AdminClient(`${options.url}/realms/${realm}`);
  const { rows, id } = await surveyFile(file);
  if (rows === 0) throw new Error('The file has no rows.');
  const done = dryRun ? 0 : await doneBefore(client, id);
  if (done > 0) console.error(`Going on after row ${format(done)}.`);
  const query = new URLSearchParams({
    import_id: id,
    on_existing: options['on-existing'],
    dry_run: String(dryRun),
    mapping: JSON.stringify(file.mapping),
    ...(file.service && { service: file.service }),
    ...(options.source !== undefined && { source: options.source }),
  });

  const progress = new Progress(rows, done);
  const total = { imported: 0, skipped: 0, failed: 0 };
  let shown = 0;
  if (errorFile) writeFileSync(errorFile, '');
  for await (const chunk of chunksOf(file, { after: done, rows: options.rows, dryRun })) {
    query.set('first_row', String(chunk.first));
    const body = await client.call('POST', `/v1/admin/users/import?${query}`, ImportResultSchema, {
      body: chunk.text,
      type: 'application/x-ndjson',
    });
    for (const name of ['imported', 'skipped', 'failed'] as const) total[name] += body[name];
    const errors = errorsOf(chunk, body.errors);
    if (errorFile) {
      writeFileSync(errorFile, errors.map((error) => `${JSON.stringify(error)}\n`).join(''), { flag: 'a' });
    }
    for (const { line, column, message } of errors) {
      shown += 1;
      if (shown <= SHOWN_ERRORS) progress.say(`line ${line}${column ? `, ${column}` : ''}: ${message}`);
      if (shown === SHOWN_ERRORS + 1) progress.say('…');
    }
    progress.show(chunk.first + chunk.lines.length - 1, total.failed ? `, ${format(total.failed)} bad` : '');
  }
  const [imported, skipped, failed] = Object.values(total).map(format);
  console.log(
    `${dryRun ? 'Would import' : 'Imported'} ${imported}, skipped ${skipped} whose address a user has, refused ${failed}.`,
  );
  if (total.failed > 0) process.exitCode = 1;
}

async function doneBefore(client: AdminClient, id: string): Promise<number> {
  try {
    return (await client.call('GET', `/v1/admin/imports/${id}`, ImportSchema)).through_row;
  } catch (error) {
    if (error instanceof ApiRefusal && error.code === 'import_not_found') return 0;
    throw error;
  }
}

/** Cuts what comes after a row into requests. A bad record keeps its number: an empty one is sent in its place. */
async function* chunksOf(
  file: ImportFile,
  { after, rows, dryRun }: { after: number; rows: number; dryRun: boolean },
): AsyncGenerator<Chunk> {
  const seen = new SeenUsers(file);
  const empty = (first: number): Chunk => ({ first, text: '', bytes: 0, lines: [], problems: new Map() });
  let chunk = empty(after + 1);
  let number = 0;
  for await (const record of recordsOf(file)) {
    number += 1;
    if (number <= after) continue;
    const problem = 'problem' in record ? record.problem : dryRun ? seen.problemOf(record) : null;
    const text = `${problem ? '{}' : JSON.stringify((record as Extract<FileRecord, { values: object }>).values)}\n`;
    const bytes = Buffer.byteLength(text);
    if (chunk.lines.length === rows || chunk.bytes + bytes > MAX_BYTES) {
      yield chunk;
      chunk = empty(number);
    }
    if (problem) chunk.problems.set(number, problem);
    chunk.lines.push(record.line);
    chunk.text += text;
    chunk.bytes += bytes;
  }
  if (chunk.lines.length > 0) yield chunk;
}

/** What is wrong, by the lines of the file. */
function errorsOf(chunk: Chunk, told: (RowProblem & { row: number })[]): RowError[] {
  const lineOf = (row: number) => chunk.lines[row - chunk.first] ?? 0;
  const own = [...chunk.problems].map(([row, problem]) => ({ line: lineOf(row), ...problem }));
  const theirs = told
    .filter(({ row }) => !chunk.problems.has(row))
    .map(({ row, column, code, message }) => ({ line: lineOf(row), column, code, message }));
  return [...own, ...theirs].sort((a, b) => a.line - b.line);
}

function formatOf(path: string, given: string | undefined): FileFormat {
  const kind = given ?? /\.(csv|ndjson|jsonl|json)$/i.exec(path)?.[1]?.toLowerCase();
  if (kind === 'csv' || kind === 'json') return kind;
  if (kind === 'ndjson' || kind === 'jsonl') return 'ndjson';
  throw new Error(`Is it CSV, NDJSON or JSON? Say --format csv, ndjson or json.`);
}

function readMapping(path: string | undefined) {
  const parsed = MappingSchema.safeParse(path === undefined ? {} : parseJson(path));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${path}: ${issue?.path.join('.')}: ${issue?.message}`);
}

function parseJson(path: string): unknown {
  const text = readFileSync(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path} is not JSON.`);
  }
}

await runCommand({
  name: 'users:import',
  usage: ['FILE [options]'],
  about:
    'Imports users of another system. FILE is CSV with a heading, NDJSON, or JSON (.csv, .ndjson, .jsonl, .json).',
  options: OPTIONS,
  notes: `Encrypted columns of two-user-types are opened with ENCRYPTION_KEY. ${KEY_NOTE}`,
  run: importUsers,
});
