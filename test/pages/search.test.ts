import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createServices } from '../../src/services.ts';
import { changeDirectory, createRealm } from '../support/api.ts';
import { countedBindings } from '../support/counted.ts';
import { expectLedTo, expectPage, open, type Visitor, visitor } from '../support/visitor.ts';

const HERE = 'searched';
const THERE = 'elsewhere-searched';

let admin: Visitor;
let owner: Visitor;

async function operator(role: 'admin' | 'owner', realm?: string): Promise<Visitor> {
  const who = await visitor({}, { realm });
  await changeDirectory(who.user.user.id, { role });
  return who;
}

async function organization(realm: string, name: string): Promise<string> {
  const id = `org_${crypto.randomUUID().replaceAll('-', '').slice(0, 26)}`;
  await env.DB.prepare(
    `INSERT INTO organizations (id, realm_id, name, slug, created_by, created_at, updated_at) VALUES (?, ?, ?, ?, 'usr_x', 1, 1)`,
  )
    .bind(id, realm, name, name.toLowerCase().replaceAll(' ', '-'))
    .run();
  return id;
}

const find = (q: string, who: Partial<Visitor>, headers: Record<string, string> = {}) =>
  open(`/admin/search?${new URLSearchParams({ q })}`, who, { accept: 'text/html', ...headers });

beforeAll(async () => {
  await createRealm(HERE, { name: 'Searched' });
  await createRealm(THERE, { name: 'Elsewhere' });
  admin = await operator('admin', HERE);
  owner = await operator('owner');
});

describe('the search finds', () => {
  it('users by address, name and id, organizations, pages and what can be done', async () => {
    const mark = crypto.randomUUID().slice(0, 8);
    const user = await visitor({ name: `Grace ${mark}` }, { realm: HERE });
    const { id, email } = user.user.user;
    const org = await organization(HERE, `Org ${mark}`);
    for (const q of [email, `grace ${mark}`, mark, id]) {
      const answer = await find(q, admin);
      expectPage(answer);
      expect(answer.body, q).toContain(`href="/realms/${HERE}/admin/users/${id}"`);
    }
    expect((await find(`Org ${mark}`, admin)).body).toContain(
      `href="/realms/${HERE}/admin/organizations/${org}"`,
    );
    expect((await find('webh', admin)).body).toContain(`href="/realms/${HERE}/admin/webhooks"`);
    expect((await find('new us', admin)).body).toContain(`href="/realms/${HERE}/admin/users/new"`);
    expect((await find('tarif', admin, { 'accept-language': 'de' })).body).toContain('Neuer Tarif');
  });

  it('no more than six of a kind, and all pages for no text', async () => {
    const mark = crypto.randomUUID().slice(0, 8);
    await Promise.all(Array.from({ length: 8 }, () => visitor({ name: `${mark} x` }, { realm: HERE })));
    expect((await find(mark, admin)).body.match(/\/admin\/users\/usr_/g)).toHaveLength(6);
    const { body } = await find('', admin);
    expect(body).toContain('Overview');
    expect(body).not.toContain('/admin/users/usr_');
    expect((await find(`no such ${mark}`, admin)).body).toContain('Nothing found');
  });

  it('nothing that is not a text, and says so', async () => {
    for (const q of [
      '%',
      '_',
      "' OR 1=1 --",
      '"',
      '\u0000',
      '<script>alert(1)</script>',
      'x'.repeat(5000),
      '\ud800',
    ]) {
      const answer = await find(q, admin);
      expectPage(answer);
      expect(answer.body).not.toContain('<script>alert');
    }
  });
});

describe('the boundary', () => {
  it('nobody finds what another realm has', async () => {
    const mark = crypto.randomUUID().slice(0, 8);
    const there = await visitor({ name: mark }, { realm: THERE });
    const org = await organization(THERE, mark);
    for (const q of [mark, there.user.user.id, there.user.user.email, org]) {
      for (const who of [admin, { cookie: owner.cookie, realm: HERE }, owner]) {
        const { body } = await find(q, who);
        expect(body).not.toContain(`/admin/users/${there.user.user.id}`);
        expect(body).not.toContain(`/admin/organizations/${org}`);
      }
    }
    expect((await find(mark, { cookie: owner.cookie, realm: THERE })).body).toContain(there.user.user.id);
  });

  it('who is no operator of the realm finds nothing', async () => {
    const plain = await visitor({}, { realm: HERE });
    const suspended = await operator('admin', HERE);
    await changeDirectory(suspended.user.user.id, { status: 'suspended' });
    expectPage(await find('a', plain), 403);
    const toSignIn = `/realms/${HERE}/login?redirect_to=${encodeURIComponent(`/realms/${HERE}/admin/search`)}`;
    for (const who of [
      { realm: HERE },
      suspended,
      { cookie: (await operator('admin', THERE)).cookie, realm: HERE },
    ]) {
      expectLedTo(await find('a', who), toSignIn);
    }
  });
});

describe('the realm', () => {
  it('is chosen by owners in the head of every page, and leads to the same page there', async () => {
    for (const path of ['/admin', '/admin/users', '/admin/plans']) {
      const { body } = await open(path, { cookie: owner.cookie, realm: HERE });
      expect(body).toContain(`href="/realms/${THERE}${path}"`);
      expect(body).toContain(`href="${path}"`);
      expect(body).toMatch(new RegExp(`href="/realms/${HERE}${path}" aria-current="true"`));
    }
    expect((await find('Elsewhere', owner)).body).toContain(`href="/realms/${THERE}/admin"`);
  });

  it('is not for an admin, who sees the name of none but their own', async () => {
    for (const path of ['/admin', '/admin/users', '/admin/search?q=elsewhere']) {
      const { body } = await open(path, admin);
      expect(body).not.toContain('id="switch"');
      expect(body).not.toContain(THERE);
      expect(body).not.toContain('Elsewhere');
    }
    const atHome = await operator('admin');
    const { body } = await open('/admin', atHome);
    expect(body).not.toContain('id="switch"');
    expect(body).not.toContain(HERE);
  });
});

it('costs a bounded number of statements', async () => {
  const { bindings, counted } = countedBindings();
  const app = createApp(createServices(bindings), bindings);
  const ask = (q: string) =>
    app.request(
      `https://auth.test/realms/${HERE}/admin/search?${new URLSearchParams({ q })}`,
      { headers: { cookie: admin.cookie, accept: 'text/html' } },
      bindings,
    );
  expect((await ask('')).status).toBe(200);
  const costs: Record<string, number> = {};
  for (const q of ['', 'a', 'usr_', admin.user.user.id]) {
    counted.statements = 0;
    expect((await ask(q)).status).toBe(200);
    costs[q === admin.user.user.id ? 'id' : q] = counted.statements;
  }
  expect(costs).toEqual({ '': 2, a: 8, usr_: 8, id: 8 });
});
