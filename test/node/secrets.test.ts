import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Project } from '../support/cli-project.ts';
import { PATIENCE } from '../support/patience.ts';

const NEW = 'bmV3LXNlY3JldC1vZi1hLXdob2xlLXN5c3RlbS10ZXN0';
let project: Project;

beforeAll(async () => {
  project = await Project.create();
});

afterAll(() => project.remove());

async function restartWith(secrets: Record<string, string>): Promise<void> {
  project.server?.kill('SIGTERM');
  await vi.waitFor(() => expect(project.server?.exitCode).toBe(143), PATIENCE);
  const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`);
  project.write('.dev.vars', lines.join(''));
  await project.start();
}

it('a whole service changes its secret: nobody is signed out, and the old one can go', async () => {
  await project.start();
  const made = readFileSync(join(project.folder, '.dev.vars'), 'utf8');
  const [, OLD = '', INTERNAL_API_KEY = ''] = /^AUTH_SECRET=(.+)\nINTERNAL_API_KEY=(.+)\n$/.exec(made) ?? [];
  const password = 'three lighthouses at dusk';
  const user = (await project.call('POST', '/v1/auth/register', { email: 'ada@example.com', password })).body;
  const keys = async () => (await project.call('GET', '/.well-known/jwks.json')).body;
  const before = await keys();

  await restartWith({ AUTH_SECRET: NEW, AUTH_SECRET_PREVIOUS: OLD, INTERNAL_API_KEY });
  expect((await project.call('GET', '/v1/auth/session', undefined, user.access_token)).status).toBe(200);
  const cookie = await fetch(`${project.origin}/v1/auth/session`, {
    headers: { cookie: `__Host-latchkey=${user.refresh_token}` },
  });
  expect(cookie.status).toBe(200);
  const refreshed = await project.call('POST', '/v1/auth/refresh', { refresh_token: user.refresh_token });
  expect(refreshed.status).toBe(200);

  const reencrypt = () => project.cli('secrets', ['re-encrypt', '--url', project.origin]);
  expect(await reencrypt()).toMatchObject({
    code: 0,
    stdout: '1 encrypted values: 1 are encrypted under AUTH_SECRET now.\n',
  });
  expect((await reencrypt()).stdout).toBe('1 encrypted values: 0 are encrypted under AUTH_SECRET now.\n');

  await restartWith({ AUTH_SECRET: NEW, INTERNAL_API_KEY });
  const token = refreshed.body.access_token;
  expect((await project.call('GET', '/v1/auth/session', undefined, token)).status).toBe(200);
  const next = await project.call('POST', '/v1/auth/refresh', {
    refresh_token: refreshed.body.refresh_token,
  });
  expect(next.status).toBe(200);
  expect(await keys()).toEqual(before);

  await restartWith({ AUTH_SECRET: OLD, INTERNAL_API_KEY });
  expect(await reencrypt()).toMatchObject({ code: 1, stderr: expect.stringMatching(/^1 cannot be read: /) });
  expect(await project.cli('secrets', [])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^Say what to do/),
  });
});
