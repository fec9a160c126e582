import { env, exports } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { realmPicturePrefix } from '../../src/images/picture-key.ts';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import { call, createRealm, expectProblem, INTERNAL, ORIGIN, register } from '../support/api.ts';
import { images } from '../support/images.ts';
import { visit } from '../support/pages.ts';

const TERMS = 'https://example.com/terms';
const PLAIN = {
  terms: null,
  privacy: null,
  providers: 'below',
  welcome: {},
  background: null,
  picture: null,
};

let realm: string;
beforeEach(async () => {
  realm = `looks-${crypto.randomUUID().slice(0, 8)}`;
  await createRealm(realm);
});

const change = (appearance: unknown) => asAdmin('PATCH', `/realms/${realm}`, { body: { appearance } });
const put = (picture: string, raw: Uint8Array, by: { token?: string; realm?: string } = {}, id = realm) =>
  call<any>('PUT', `/v1/admin/realms/${id}/pictures/${picture}`, {
    ...by,
    raw: raw as BodyInit,
    headers: { 'content-type': 'image/png', ...(by.token ? {} : INTERNAL) },
  });
const stored = async (picture: 'logo' | 'background') =>
  (await env.AVATARS.list({ prefix: realmPicturePrefix(realm, picture) })).objects.map(({ key }) => key);

describe('how pages look', () => {
  it('is plain at first, changes part by part, and is taken back by null', async () => {
    expect((await asAdmin('GET', `/realms/${realm}`)).body.appearance).toEqual(PLAIN);
    const changed = await change({
      terms: TERMS,
      welcome: { en: 'Hello', de: 'Hallo' },
      background: '#0F172A',
    });
    expect(changed.status, JSON.stringify(changed.body)).toBe(200);
    const looks = { ...PLAIN, terms: TERMS, welcome: { en: 'Hello', de: 'Hallo' }, background: '#0f172a' };
    expect(changed.body.appearance).toEqual(looks);
    // In force at once, each reader in their language, and English for the others.
    for (const [language, text] of [
      ['de', 'Hallo'],
      ['en', 'Hello'],
    ] as const) {
      const { body } = await visit('/login', { realm, headers: { 'accept-language': language } });
      expect(body).toContain(`<p class="lead">${text}</p>`);
      expect(body).toContain(`<a href="${TERMS}">`);
    }
    const less = await change({ terms: null, welcome: { de: null } });
    expect(less.body.appearance).toEqual({ ...looks, terms: null, welcome: { en: 'Hello' } });
    expect((await visit('/login', { realm, headers: { 'accept-language': 'de' } })).body).toContain('Hello');
    expect((await change({ welcome: null, background: null })).body.appearance).toEqual(PLAIN);
    const acts = await auditOf(realm);
    expect(acts[0]).toMatchObject({ action: 'realm_changed', details: { before: { appearance: {} } } });
  });

  it('is chosen when a realm is made, too', async () => {
    const id = `${realm}-new`;
    const made = await asAdmin('POST', '/realms', {
      body: { id, appearance: { terms: TERMS, privacy: null } },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    expect(made.body.appearance).toEqual({ ...PLAIN, terms: TERMS });
  });

  it.each([
    ['terms', 'http://example.com'],
    ['terms', 'javascript:alert(1)'],
    ['terms', `https://example.com/${'x'.repeat(2000)}`],
    ['privacy', 'data:text/html,x'],
    ['providers', 'left'],
    ['welcome', { en: 'x'.repeat(301) }],
    ['welcome', { en: 'two\nlines' }],
    ['welcome', { xx: 'Hello' }],
    ['welcome', 'Hello'],
    ['background', 'red'],
    ['background', '#fff;}body{display:none'],
    // Only an upload puts a picture up.
    ['picture', 'https://example.com/x.png'],
    ['style', 'body{}'],
  ])('refuses %s: %j', async (part, value) => {
    expectProblem(await change({ [part]: value }), 422, 'validation_failed');
    expect((await asAdmin('GET', `/realms/${realm}`)).body.appearance).toEqual(PLAIN);
  });

  it('says markup as text', async () => {
    await change({ welcome: { en: '</style><script>alert(1)</script>"' } });
    const { body } = await visit('/login', { realm });
    expect(body).toContain('&lt;/style&gt;&lt;script&gt;');
    expect(body).not.toContain('<script>alert');
  });

  it('is an object in D1', async () => {
    await expect(createRealm('odd-looks', { appearance: '[]' })).rejects.toThrow(/CHECK/);
  });
});

describe('a picture of a realm', () => {
  it('is served to everybody and shown, and the one before is deleted', async () => {
    const first = await put('background', images.pngGps);
    expect(first.status, JSON.stringify(first.body)).toBe(200);
    const { picture } = first.body.appearance;
    expect(picture).toMatch(new RegExp(`^${ORIGIN}/avatars/realm\\.${realm}\\.background\\.`));
    const served = await exports.default.fetch(picture);
    expect(served.status).toBe(200);
    expect(served.headers.get('content-type')).toBe('image/png');
    expect(served.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(Buffer.from(await served.arrayBuffer()).toString('latin1')).not.toContain('Secret');
    const page = await visit('/login', { realm });
    expect(page.body).toContain(`--cover:url(${picture})`);
    expect(page.body).toContain('<body class="card pictorial"');
    // The policy is no laxer for it.
    const policy = page.headers.get('content-security-policy');
    expect(policy).toMatch(/default-src 'none'; style-src 'self' 'sha256-[^']+'; img-src 'self' https:;/);

    const second = await put('background', images.webpLossy);
    expect(second.body.appearance.picture).not.toBe(picture);
    expect((await exports.default.fetch(picture)).status).toBe(404);
    expect(await stored('background')).toHaveLength(1);
    expect((await change({ picture: null })).body.appearance).toEqual(PLAIN);
    expect(await stored('background')).toEqual([]);
  });

  it('stands for the name, until another address does', async () => {
    const { logo } = (await put('logo', images.pngRgb)).body;
    expect((await visit('/login', { realm })).body).toContain(`<img src="${logo}"`);
    const other = await asAdmin('PATCH', `/realms/${realm}`, {
      body: { logo: 'https://example.com/logo.png' },
    });
    expect(other.body.logo).toBe('https://example.com/logo.png');
    expect(await stored('logo')).toEqual([]);
  });

  it('is one, whoever puts up another at the same time', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => put('background', images.pngRgb)));
    for (const { status } of answers) expect([200, 409]).toContain(status);
    const { picture } = (await asAdmin('GET', `/realms/${realm}`)).body.appearance;
    expect(await stored('background')).toEqual([picture.split('/avatars/')[1]]);
  });

  it('must be a picture, of two kinds, and small', async () => {
    expectProblem(await put('background', new TextEncoder().encode('<svg/>')), 422, 'validation_failed');
    expectProblem(await put('favicon', images.pngRgb), 422, 'validation_failed');
    expectProblem(await put('logo', new Uint8Array(2 * 1024 * 1024 + 1)), 413, 'payload_too_large');
    expectProblem(await put('logo', images.pngRgb, {}, 'nowhere'), 404, 'realm_not_found');
    expect(await stored('logo')).toEqual([]);
  });

  it('is put up by operators of the realm alone', async () => {
    const admin = await registerRole('admin', realm);
    const mine = { token: admin.access_token, realm };
    expect((await put('logo', images.pngRgb, mine)).status).toBe(200);
    expectProblem(await put('logo', images.pngRgb, mine, 'default'), 403, 'insufficient_scope');
    const user = await register({}, { realm });
    const theirs = { token: user.access_token, realm };
    expectProblem(await put('logo', images.pngRgb, theirs), 403, 'insufficient_scope');
    expectProblem(await put('logo', images.pngRgb, { token: 'nobody', realm }), 401, 'invalid_token');
    const owner = await registerRole('owner');
    expect((await put('logo', images.pngGrey, { token: owner.access_token })).status).toBe(200);
    expect(await stored('logo')).toHaveLength(1);
  });

  it('goes with a backup, and comes back with it', async () => {
    const { picture } = (await put('background', images.pngRgb)).body.appearance;
    const account = `realm:${realm}:background`;
    const key = picture.split('/avatars/')[1];
    const line = {
      account,
      picture: key,
      type: 'image/png',
      bytes: Buffer.from(images.pngRgb).toString('base64'),
    };
    await env.AVATARS.delete(key);
    const restore = (lines: object[]) =>
      call<any>('POST', '/v1/admin/backup?backup_id=bak_00000000000000000000000009', {
        raw: lines.map((one) => `${JSON.stringify(one)}\n`).join(''),
        headers: { ...INTERNAL, 'content-type': 'application/x-ndjson' },
      });
    expect((await restore([line])).body).toMatchObject({ pictures: 1, restored: 0, unknown: [] });
    expect((await exports.default.fetch(picture)).status).toBe(200);
    // Another realm's, one that is not there, and what a realm does not have.
    const foreign = { ...line, account: 'realm:default:background' };
    expectProblem(await restore([foreign]), 422, 'validation_failed');
    const nowhere = { ...line, account: 'realm:nowhere:logo' };
    expect((await restore([nowhere])).body).toMatchObject({ pictures: 0, unknown: ['realm:nowhere:logo'] });
    const values = { account, values: {}, sums: {} };
    expectProblem(await restore([values]), 422, 'validation_failed');
  });
});
