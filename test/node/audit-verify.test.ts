import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { applyMigrations, query, runWrangler } from '../../src/cli/d1.ts';
import { ROOT } from '../../src/cli/root.ts';
import { type ChainHead, chainLine, GENESIS } from '../../src/lib/audit-chain.ts';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-audit-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let head: ChainHead = { seq: 0, hash: GENESIS };
const lines = Array.from({ length: 9 }, (_, n) => {
  const next = chainLine(head, JSON.stringify({ log: 'audit', n }));
  head = next;
  return next.line;
});

function verify(...args: string[]): Promise<{ code: number; said: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [join(ROOT, 'src/cli/audit-verify.ts'), ...args], (error, out, problem) =>
      done({ code: error ? Number(error.code) : 0, said: (out + problem).trim() }),
    );
  });
}
function written(name: string, those: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${those.join('\n')}\n`);
  return path;
}

it('a whole stream is found whole', async () => {
  const path = written('whole.ndjson', lines);
  expect(await verify('--files', path)).toEqual({
    code: 0,
    said: `The entries 1 to 9 are whole and in order.\nThe hash of the last is ${head.hash}.`,
  });
  expect((await verify('--files', written('rest.ndjson', lines.slice(4)), '--from', '5')).code).toBe(0);
});

it('the first break is named, and the exit code says so', async () => {
  const gap = await verify(
    '--files',
    written(
      'gap.ndjson',
      lines.filter((_, n) => n !== 4),
    ),
  );
  expect(gap).toEqual({ code: 1, said: 'Entry 5 is missing.' });
  const forged = lines.with(6, (lines[6] as string).replace('"n":6', '"n":60'));
  expect(await verify('--files', written('forged.ndjson', forged))).toEqual({
    code: 1,
    said: 'Entry 7 was changed: its hash is not that of what it says.',
  });
  const begun = await verify('--files', written('begun.ndjson', lines.slice(4)));
  expect(begun).toEqual({ code: 1, said: 'The entries 1 to 4 are missing.' });
});

it('the bucket is read by what the database names, and its end is held against the database', async () => {
  const state = join(folder, 'state');
  const here = ['--persist-to', state];
  await applyMigrations({ 'persist-to': state });
  for (const [first, last] of [
    [1, 4],
    [5, 9],
  ] as const) {
    const key = `audit/DB/2026-11-30T00/${first}-${last}.ndjson`;
    const file = written('object.ndjson', lines.slice(first - 1, last));
    const { code, problem } = await runWrangler([
      ...['r2', 'object', 'put', `latchkey-audit/${key}`, '--file', file, '--local', ...here],
    ]);
    expect(code, problem).toBe(0);
    await query(
      `INSERT INTO audit_files (first, last, hash, key) VALUES (${first}, ${last}, 'x', '${key}')`,
      {
        'persist-to': state,
      },
    );
  }
  await query(`UPDATE audit_stream SET seq = 9, hash = '${head.hash}'`, { 'persist-to': state });
  expect((await verify(...here)).said).toMatch(/^The entries 1 to 9 are whole/);
  await query('DELETE FROM audit_files WHERE first = 5', { 'persist-to': state });
  expect(await verify(...here)).toEqual({ code: 1, said: 'The entries 5 to 9 are missing.' });
});
