import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localDatabasePath } from '../../src/cli/local-database.ts';
import { Project } from '../support/cli-project.ts';

const EVENTS = 100_000;
const MIB = 1024 * 1024;
const ADA = { email: 'ada@example.com', password: 'three lighthouses at dusk' };
let project: Project;

beforeAll(async () => {
  project = await Project.create();
  await project.start();
});

afterAll(() => project.remove());

/** The processes of the server that run the Worker. */
function workers(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [, name, group] = /\((.*)\) \S \d+ (\d+)/.exec(stat) ?? [];
      return Number(group) === project.server?.pid && name === 'workerd';
    } catch {
      return false;
    }
  });
}

/** Bytes of memory in use by all of them together, now or at most. */
function memory(field: 'VmRSS' | 'VmHWM'): number {
  return workers()
    .map((pid) =>
      new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')),
    )
    .reduce((sum, found) => sum + Number(found?.[1] ?? 0) * 1024, 0);
}

it('an export of a hundred thousand events takes as much memory as a small one', async () => {
  const { user } = (await project.call('POST', '/v1/auth/register', ADA)).body;
  const db = new DatabaseSync(localDatabasePath(join(project.folder, 'state')), { timeout: 10_000 });
  db.prepare('UPDATE users SET email_verified = 1, has_past = 1, version = version + 1 WHERE id = ?').run(
    user.id,
  );
  db.prepare(
    `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${EVENTS})
     INSERT INTO past_uses SELECT ?, n, ?, 'images', 1, 'a reference of some length ' || n FROM n`,
  ).run(user.id, Date.now());
  const { access_token } = (
    await project.call('POST', '/v1/auth/login', { identifier: ADA.email, password: ADA.password })
  ).body;
  // The object fetches them.
  const left = db.prepare('SELECT COUNT(*) AS n FROM past_uses');
  while (Number(left.get()?.n) > 0) await sleep(200);
  db.close();

  const before = memory('VmRSS');
  expect(before).toBeGreaterThan(0);
  // The peak is counted from here on (proc(5), clear_refs).
  for (const pid of workers()) writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const answer = await fetch(`${project.origin}/v1/me/export`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  expect(answer.status).toBe(200);
  let bytes = 0;
  let events = 0;
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    events += Buffer.from(chunk).toString('latin1').split('"reference"').length - 1;
  }
  expect(bytes).toBeGreaterThan(10 * MIB);
  // A name that two chunks share is missed.
  expect(events).toBeGreaterThan(EVENTS * 0.98);
  expect((memory('VmHWM') - before) / MIB).toBeLessThan(64);
});
