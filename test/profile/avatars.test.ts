import { env, exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { avatarPrefix } from '../../src/images/picture-key.ts';
import {
  call,
  expectProblem,
  ORIGIN,
  register,
  registerVerified,
  type SignedInBody,
} from '../support/api.ts';
import { images } from '../support/images.ts';

const put = (user: SignedInBody, raw: Uint8Array | string, type = 'application/octet-stream') =>
  call('PUT', '/v1/me/avatar', {
    token: user.access_token,
    raw: raw as BodyInit,
    headers: { 'content-type': type },
  });
const serve = (picture: string) => exports.default.fetch(picture);
const stored = async (user: SignedInBody) =>
  (await env.AVATARS.list({ prefix: avatarPrefix(user.user.id) })).objects;

describe.each([
  ['pngGps', 'image/png'],
  ['jpegGps', 'image/jpeg'],
  ['webpGps', 'image/webp'],
] as const)('a picture (%s)', (name, type) => {
  it('is served to everybody, for good, without the place it was taken at', async () => {
    const user = await registerVerified();
    // Judged by its bytes, whatever it says it is.
    const answer = await put(user, images[name], 'image/gif');
    expect(answer.status).toBe(200);
    const { picture } = answer.body;
    expect(picture).toMatch(new RegExp(`^${ORIGIN}/avatars/`));
    expect((await call('GET', '/v1/me', { token: user.access_token })).body.picture).toBe(picture);
    const served = await serve(picture);
    expect(served.status).toBe(200);
    expect(served.headers.get('content-type')).toBe(type);
    expect(served.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(served.headers.get('x-content-type-options')).toBe('nosniff');
    expect(served.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(served.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(Buffer.from(await served.arrayBuffer()).toString('latin1')).not.toContain('Secret');
  });
});

it('another picture has another address, and the old one is gone', async () => {
  const user = await registerVerified();
  const first = (await put(user, images.pngRgb)).body.picture;
  const second = (await put(user, images.webpLossy)).body.picture;
  expect(second).not.toBe(first);
  expect((await serve(first)).status).toBe(404);
  expect((await serve(second)).status).toBe(200);
  // What an upload left behind that died half-way goes too.
  await env.AVATARS.put(`${avatarPrefix(user.user.id)}orphan.png`, 'x');
  await put(user, images.pngGrey);
  expect(await stored(user)).toHaveLength(1);
});

it('can be removed', async () => {
  const user = await registerVerified();
  const { picture } = (await put(user, images.pngRgb)).body;
  expect((await call('DELETE', '/v1/me/avatar', { token: user.access_token })).status).toBe(204);
  expect((await serve(picture)).status).toBe(404);
  expect((await call('GET', '/v1/me', { token: user.access_token })).body.picture).toBeNull();
  expect((await call('DELETE', '/v1/me/avatar', { token: user.access_token })).status).toBe(204);
});

describe('what is refused', () => {
  it('is everything that is no picture, and the old picture stays', async () => {
    const user = await registerVerified();
    const { picture } = (await put(user, images.pngRgb)).body;
    const wrong: [string, Uint8Array | string][] = [
      ['image_unsupported', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
      ['image_unsupported', 'GIF89a'],
      ['image_unsupported', ''],
      ['image_malformed', images.pngRgb.slice(0, 60)],
      ['image_animated', images.webpAnimated],
    ];
    for (const [code, bytes] of wrong) {
      const answer = await put(user, bytes, 'image/png');
      expectProblem(answer, 422, 'validation_failed');
      expect(answer.body.errors[0].code).toBe(code);
    }
    expect((await serve(picture)).status).toBe(200);
  });

  it('is more than 2 MiB', async () => {
    const user = await registerVerified();
    expectProblem(await put(user, new Uint8Array(2 * 1024 * 1024 + 1)), 413, 'payload_too_large');
  });

  it('is a stranger, and a user whose address is not verified', async () => {
    expectProblem(await call('PUT', '/v1/me/avatar', { raw: 'x' }), 401, 'authentication_required');
    expectProblem(await put(await register(), images.pngRgb), 403, 'email_not_verified');
    const { access_token: token } = await register();
    expectProblem(await call('DELETE', '/v1/me/avatar', { token }), 403, 'email_not_verified');
  });

  it('is a key that nobody has', async () => {
    for (const key of ['x', '..%2F..%2Fetc', '%00', 'a'.repeat(2000)]) {
      expectProblem(await call('GET', `/avatars/${key}`), 404, 'not_found');
    }
  });
});
