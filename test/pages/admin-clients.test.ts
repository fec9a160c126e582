import { beforeAll, describe, expect, it } from 'vitest';
import { call, changeDirectory, createRealm, INTERNAL } from '../support/api.ts';
import { cookieOf, expectPage, open, submit, type Visitor, visitor } from '../support/visitor.ts';

const REALM = 'shown-clients';
const RESOURCES = '/admin/resources';
let owner: Visitor;
beforeAll(async () => {
  await createRealm(REALM);
  const who = await visitor({}, { realm: REALM });
  await changeDirectory(who.user.user.id, { role: 'owner' });
  owner = { ...who, cookie: await cookieOf(who.user, { realm: REALM }) };
});

const listed = async (what: string) =>
  (await call('GET', `/v1/admin/${what}`, { headers: INTERNAL, realm: REALM })).body.data as any[];

describe('the form of a new app', () => {
  const create = (name: string, more: Record<string, string>) =>
    submit(
      '/admin/clients',
      {
        form: 'create',
        name,
        redirect_uris: 'https://app.example.com/callback',
        token_endpoint_auth_method: 'none',
        scopes: 'openid',
        ...more,
      },
      owner,
    );

  it('makes one that knows users by names of its own, if it says so', async () => {
    const page = await open('/admin/clients', owner);
    expectPage(page);
    expect(page.body).toMatch(/<input type="checkbox" name="pairwise"(?! checked)/);
    for (const [name, more] of [
      ['Plain', {}],
      ['Pairwise', { pairwise: 'on' }],
    ] as [string, Record<string, string>][]) {
      expect((await create(name, more)).status).toBeLessThan(400);
    }
    const types = Object.fromEntries(
      (await listed('clients')).map(({ name, subject_type }) => [name, subject_type]),
    );
    expect(types).toEqual({ Plain: 'public', Pairwise: 'pairwise' });
    expect((await open('/admin/clients', owner)).body.match(/class="badge">Pairwise</g)).toHaveLength(1);
  });

  it('shows what was said when something is wrong', async () => {
    const refused = await create('Two sites', {
      pairwise: 'on',
      redirect_uris: 'https://app.example.com/callback\nhttps://printer.example.net/callback',
    });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatch(/<input type="checkbox" name="pairwise"[^>]* checked/);
    expect(refused.body).toContain('https://printer.example.net/callback');
  });
});

describe('the form of a resource', () => {
  const RESOURCE = 'https://notes.example.com/mcp';
  let id: string;
  beforeAll(async () => {
    const body = { name: 'Notes', resource: RESOURCE, scopes: ['notes:read'], open: true };
    id = (await call('POST', '/v1/admin/protected-resources', { headers: INTERNAL, realm: REALM, body })).body
      .id;
  });
  const edit = (fields: Record<string, string>, who: Partial<Visitor> = owner, of = id) =>
    submit(
      RESOURCES,
      {
        form: 'edit',
        resource: of,
        ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${name}.${of}`, value])),
      },
      who,
    );
  const resource = async () => (await listed('protected-resources')).find((one) => one.id === id);

  it('shows what it is, and changes it but for its address', async () => {
    const { body } = await open(RESOURCES, owner);
    expect(body).toContain(`name="name.${id}"`);
    expect(body).toMatch(new RegExp(`name="open\\.${id}"[^>]* checked`));
    const changed = { name: 'Notes & more', scopes: 'notes:read notes:write', access_token_seconds: '120' };
    expect((await edit(changed)).status).toBe(303);
    expect(await resource()).toMatchObject({
      name: 'Notes & more',
      resource: RESOURCE,
      scopes: ['notes:read', 'notes:write'],
      open: false,
      access_token_seconds: 120,
    });
    expect((await edit({ name: 'Notes', scopes: '', access_token_seconds: '', open: 'on' })).status).toBe(
      303,
    );
    expect(await resource()).toMatchObject({ scopes: [], open: true, access_token_seconds: null });
  });

  it.each([
    ['no name', { name: '', scopes: '' }],
    ['a scope that is none', { name: 'Notes', scopes: '"' }],
    ['a time that is none', { name: 'Notes', scopes: '', access_token_seconds: 'soon' }],
    ['too short a time', { name: 'Notes', scopes: '', access_token_seconds: '1' }],
  ])('stays open with what was typed, and changes nothing, with %s', async (_, fields) => {
    const before = await resource();
    const refused = await edit(fields);
    expect(refused.status).toBe(422);
    expect(refused.body).toContain('<details class="change" open');
    if (fields.scopes) expect(refused.body).toContain('value="&quot;"');
    expect(await resource()).toEqual(before);
  });

  it('is of nobody else, and of no other realm', async () => {
    const before = await resource();
    const fields = { name: 'Grabbed', scopes: '' };
    const { cookie: _, ...nobody } = owner;
    expect((await edit(fields, nobody)).headers.get('location')).toContain('/login');
    const elsewhere = await visitor();
    await changeDirectory(elsewhere.user.user.id, { role: 'admin' });
    const admin = { ...elsewhere, cookie: await cookieOf(elsewhere.user) };
    expect((await edit(fields, admin)).status).toBe(404);
    expect((await edit(fields, owner, 'res_none')).status).toBe(404);
    expect(await resource()).toEqual(before);
  });
});
