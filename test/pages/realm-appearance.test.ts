import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { realmPicturePrefix } from '../../src/images/picture-key.ts';
import { asAdmin, auditOf } from '../support/admin.ts';
import { changeDirectory, createRealm, expectProblem } from '../support/api.ts';
import { images } from '../support/images.ts';
import { ageProofs } from '../support/stale-proof.ts';
import {
  cookieOf,
  expectLedTo,
  expectPage,
  open,
  submit,
  upload,
  type Visitor,
  visitor,
} from '../support/visitor.ts';

/** An operator in a browser. */
async function operator(role: 'admin' | 'owner', realm?: string): Promise<Visitor> {
  const who = await visitor({}, { realm });
  await changeDirectory(who.user.user.id, { role });
  return { ...who, cookie: await cookieOf(who.user, { realm }) };
}

let owner: Visitor;
let realm: string;
let page: string;
beforeAll(async () => {
  owner = await operator('owner');
});
beforeEach(async () => {
  realm = `shown-${crypto.randomUUID().slice(0, 8)}`;
  page = `/admin/realms/${realm}`;
  await createRealm(realm);
});

const FORM = {
  form: 'appearance',
  name: 'Acme & Sons',
  color: '#0f766e',
  logo: '',
  'appearance.background': '#0F172A',
  'appearance.terms': 'https://example.com/terms',
  'appearance.privacy': '',
  'appearance.providers': 'above',
  'appearance.welcome.en': 'Hello',
  'appearance.welcome.de': 'Hallo',
};
const read = async () => (await asAdmin('GET', `/realms/${realm}`)).body;
const stored = async () =>
  (await env.AVATARS.list({ prefix: realmPicturePrefix(realm, 'background') })).objects;

describe('the form', () => {
  it('saves how the pages look, and shows it again', async () => {
    expectLedTo(await submit(page, FORM, owner), `${page}?done=looks`);
    const looks = {
      terms: 'https://example.com/terms',
      privacy: null,
      providers: 'above',
      welcome: { en: 'Hello', de: 'Hallo' },
      background: '#0f172a',
      picture: null,
    };
    expect(await read()).toMatchObject({
      name: 'Acme & Sons',
      color: '#0f766e',
      logo: null,
      appearance: looks,
    });
    const shown = await open(page, owner);
    expectPage(shown);
    expect(shown.body).toContain('value="Hallo"');
    expect((await auditOf(realm)).map(({ actor }) => actor)).toEqual([owner.user.user.id]);
    // An empty field takes back.
    const less = {
      ...FORM,
      'appearance.terms': '',
      'appearance.welcome.de': '',
      'appearance.providers': 'below',
    };
    await submit(page, less, owner);
    const left = { ...looks, terms: null, welcome: { en: 'Hello' }, providers: 'below' };
    expect((await read()).appearance).toEqual(left);
  });

  it.each([
    ['appearance.terms', 'http://example.com'],
    ['appearance.privacy', 'javascript:alert(1)'],
    ['appearance.background', 'red'],
    ['color', 'red'],
    ['name', ''],
  ])('says what is wrong with %s', async (field, value) => {
    const answer = await submit(page, { ...FORM, [field]: value }, owner);
    expectPage(answer, 422);
    expect(answer.body).toContain(`<p class="wrong" id="${field}-problem">`);
    expect((await read()).name).toBe(realm);
  });
});

describe('the preview', () => {
  it('shows what is not saved, can do nothing, and is framed by our own pages alone', async () => {
    const answer = await submit(`${page}/preview`, { ...FORM, language: 'de' }, owner);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('<p class="lead">Hallo</p>');
    expect(answer.body).toContain('Acme &amp; Sons');
    expect(answer.body).toContain('--brand:#0f766e');
    expect(answer.body).toContain('https://example.com/terms');
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain('sandbox allow-same-origin;');
    expect(policy).toContain("form-action 'none'; frame-ancestors 'self'");
    expect(policy).not.toContain('script-src');
    expect(answer.headers.get('x-frame-options')).toBe('SAMEORIGIN');
    // It is no sign-in of the operator's own realm, and nothing was written.
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect((await read()).name).toBe(realm);
    const framing = (await open(page, owner)).headers.get('content-security-policy');
    expect(framing).toContain("frame-src 'self'; form-action");
    expect((await open('/admin/realms', owner)).headers.get('content-security-policy')).not.toContain(
      'frame-src',
    );
  });

  it('takes what can be taken of what is half written, as text', async () => {
    const half = { ...FORM, color: '#0', 'appearance.terms': 'htt', 'appearance.welcome.en': '<b>"Hi"</b>' };
    const { status, body } = await submit(`${page}/preview`, half, owner);
    expect(status).toBe(200);
    expect(body).toContain('--brand:#1d4ed8');
    expect(body).toContain('&lt;b&gt;&quot;Hi&quot;&lt;/b&gt;');
    expect(body).not.toContain('Terms of service');
  });

  it('is for operators of the realm, from our own pages', async () => {
    expect((await open(`${page}/preview`, owner)).body).toContain('<h1>Sign in</h1>');
    expect((await open(`${page}/preview`)).status).toBe(303);
    const accept = { accept: 'text/html' };
    expect((await submit(`${page}/preview`, FORM, await visitor(), accept)).status).toBe(403);
    expect((await submit(`${page}/preview`, FORM, await operator('admin'), accept)).status).toBe(403);
    const own = await operator('admin', realm);
    expect((await submit(`${page}/preview`, FORM, own)).status).toBe(200);
    for (const origin of ['https://evil.example', 'null', '']) {
      expectProblem(await submit(`${page}/preview`, FORM, owner, { origin }), 403, 'origin_not_allowed');
    }
    expect((await submit('/admin/realms/nowhere/preview', FORM, owner, accept)).status).toBe(404);
  });
});

describe('a picture', () => {
  const put = (by: Visitor, file: Uint8Array = images.pngRgb, headers = {}) =>
    upload(`${page}/pictures/background`, file, by, { field: 'picture.background', headers });

  it('is put up and removed', async () => {
    expectLedTo(await put(owner), `${page}?done=picture`);
    const { picture } = (await read()).appearance;
    expect((await open(page, owner)).body).toContain(`<img class="thumb" src="${picture}" alt=""/>`);
    expectLedTo(
      await submit(page, { form: 'remove_picture', picture: 'background' }, owner),
      `${page}?done=picture_removed`,
    );
    expect((await read()).appearance.picture).toBeNull();
    expect(await stored()).toEqual([]);
    expectLedTo(await open(`${page}/pictures/background`, owner), page);
  });

  it('that is none is refused on the page', async () => {
    const answer = await put(owner, new TextEncoder().encode('<svg/>'));
    expectPage(answer, 422);
    expect(answer.body).toContain('id="picture.background-problem"');
    expectPage(await put(owner, new Uint8Array(2 * 1024 * 1024 + 1)), 422);
    expect((await put(owner, new Uint8Array(3 * 1024 * 1024))).status).toBe(413);
    expect(await stored()).toEqual([]);
  });

  it('is asked to be chosen again after a proof', async () => {
    const stale = await operator('owner');
    await ageProofs(stale.user.user.id, 3_600_000);
    const asked = await put(stale);
    expectPage(asked);
    expect(asked.body).toContain('proof.password');
    expect(await stored()).toEqual([]);
    const proof = { form: 'proven', 'proof.way': 'password', 'proof.password': 'three lighthouses at dusk' };
    expectLedTo(await submit(`${page}/pictures/background`, proof, stale), `${page}?done=proven`);
    expectLedTo(await put(stale), `${page}?done=picture`);
  });

  it('is put up by operators of the realm, from our own pages', async () => {
    const accept = { accept: 'text/html' };
    expect((await put({} as Visitor)).status).toBe(303);
    expect((await put(await visitor(), images.pngRgb, accept)).status).toBe(403);
    expect((await put(await operator('admin'), images.pngRgb, accept)).status).toBe(403);
    expectProblem(
      await put(owner, images.pngRgb, { origin: 'https://evil.example' }),
      403,
      'origin_not_allowed',
    );
    expect(await stored()).toEqual([]);
    expect((await put(await operator('admin', realm))).status).toBe(303);
    expect(await stored()).toHaveLength(1);
  });
});
