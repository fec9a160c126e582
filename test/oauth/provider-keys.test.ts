import { exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';
import { afterEach, expect, it, vi } from 'vitest';
import { ProviderKeys } from '../../src/oauth/provider-keys.ts';
import { advance } from '../support/clock.ts';

const URI = 'https://provider.test/keys';

afterEach(() => vi.restoreAllMocks());

async function key(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg: 'ES256' };
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
  return { jwk, token };
}

/** A mock, because what is told is when keys are asked for. */
function serve(keys: () => JWK[]) {
  return vi.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json({ keys: keys() }));
}

it('reads keys once an hour, and sooner for a key that it does not know, at most once a minute', async () => {
  advance(0);
  const [old, next, forged] = [await key('old'), await key('next'), await key('forged')];
  let published = [old.jwk];
  const asked = serve(() => published);
  const keys = new ProviderKeys();
  const verify = (token: string) => jwtVerify(token, keys.of(URI));
  for (let n = 0; n < 3; n += 1) await verify(old.token);
  expect(asked).toHaveBeenCalledTimes(1);

  for (let n = 0; n < 3; n += 1) await expect(verify(forged.token)).rejects.toThrow('no applicable key');
  expect(asked).toHaveBeenCalledTimes(1);

  published = [old.jwk, next.jwk];
  advance(60_000);
  await verify(next.token);
  expect(asked).toHaveBeenCalledTimes(2);
  for (let n = 0; n < 3; n += 1) await expect(verify(forged.token)).rejects.toThrow();
  expect(asked).toHaveBeenCalledTimes(2);

  published = [next.jwk];
  advance(3_600_000);
  await expect(verify(old.token)).rejects.toThrow();
  expect(asked).toHaveBeenCalledTimes(3);
});

it('keeps nothing that was no key set', async () => {
  const good = await key('good');
  const answers = [new Response('{}', { status: 404 }), Response.json({ keys: 'none' }), Response.json([])];
  const asked = vi.spyOn(globalThis, 'fetch');
  const keys = new ProviderKeys();
  for (const answer of answers) {
    answer.headers.set('content-type', 'application/json');
    asked.mockResolvedValueOnce(answer);
    await expect(jwtVerify(good.token, keys.of(URI))).rejects.toMatchObject({ code: 'provider_unavailable' });
  }
  asked.mockResolvedValueOnce(Response.json({ keys: [good.jwk] }));
  await jwtVerify(good.token, keys.of(URI));
});
