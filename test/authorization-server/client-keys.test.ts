import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, inject, it } from 'vitest';
import { ClientSites } from '../../src/authorization-server/client-site.ts';
import { call, expectProblem, INTERNAL, ORIGIN } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { createClient, type MadeClient, post } from '../support/oauth-client.ts';

const site = () => `https://127.0.0.1:${inject('peers').clientDocuments}`;
const keyOf = async (kid: string) => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  return { jwk: { ...(await exportJWK(publicKey)), kid }, kid, privateKey };
};
type Key = Awaited<ReturnType<typeof keyOf>>;

/** An address at which a client shows its keys. */
function shelf(query = '') {
  const address = `${site()}/${crypto.randomUUID()}.json${query}`;
  return {
    address,
    show: (...keys: Key[]) =>
      fetch(address, { method: 'PUT', body: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }) }),
    fetches: async () =>
      Number(await (await fetch(`${site()}/count?${new URLSearchParams({ of: address })}`)).text()),
  };
}

const machine = (jwks_uri: string) =>
  createClient({
    token_endpoint_auth_method: 'private_key_jwt',
    grant_types: ['client_credentials'],
    scopes: [],
    redirect_uris: [],
    jwks_uri,
  });

const tokenBy = async ({ client_id }: MadeClient, { kid, privateKey }: Key): Promise<number> => {
  const claims = { iss: client_id, sub: client_id, aud: ORIGIN, jti: crypto.randomUUID() };
  const client_assertion = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid })
    .setExpirationTime(Math.floor(Date.now() / 1000) + 60)
    .sign(privateKey);
  const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  const asked = { grant_type: 'client_credentials', client_assertion, client_assertion_type };
  return (await post('token', asked)).status;
};

describe('keys that a client shows at an address', () => {
  it('are read once, and again for one that is new, but not each time', async () => {
    const { address, fetches, show } = shelf('?cache=max-age%3D3600');
    const [first, second, unknown] = await Promise.all(['one', 'two', 'three'].map(keyOf));
    await show(first as Key);
    const client = await machine(address);
    expect([await tokenBy(client, first as Key), await tokenBy(client, first as Key)]).toEqual([200, 200]);
    expect(await fetches()).toBe(1);
    await show(first as Key, second as Key);
    // A moment ago it was not there: whoever names a key has none looked up each time.
    expect(await tokenBy(client, second as Key)).toBe(401);
    expect(await fetches()).toBe(1);
    advance(61_000);
    expect(await tokenBy(client, second as Key)).toBe(200);
    for (let times = 0; times < 3; times += 1) expect(await tokenBy(client, unknown as Key)).toBe(401);
    expect(await fetches()).toBe(2);
  });

  it('are good for as long as the address says: one that was taken back is refused then', async () => {
    const { address, show } = shelf('?cache=max-age%3D120');
    const [lost, next] = await Promise.all(['one', 'two'].map(keyOf));
    await show(lost as Key);
    const client = await machine(address);
    expect(await tokenBy(client, lost as Key)).toBe(200);
    await show(next as Key);
    advance(121_000);
    expect([await tokenBy(client, lost as Key), await tokenBy(client, next as Key)]).toEqual([401, 200]);
  });

  it.each([
    '?status=404',
    '?status=302&location=https%3A%2F%2F127.0.0.1%2F',
    '?type=text%2Fhtml',
    '?body=%5B%5D',
    '?pad=70000',
  ])('are none where the address answers %s', async (query) => {
    const client = await machine(new URL(`${site()}/${crypto.randomUUID()}${query}`).href);
    expect(await tokenBy(client, await keyOf('one'))).toBe(401);
  });

  it('are not asked for by each who names one that is not there, while their site is away', async () => {
    const { address, show } = shelf('?cache=max-age%3D3600');
    await show(await keyOf('one'));
    let asked = 0;
    const take = async () => {
      asked += 1;
      return asked === 1;
    };
    const sites = new ClientSites({ what: 'away', maxBytes: 10_000, understand: (text) => text }, take, true);
    const first = await sites.read(address);
    advance(61_000);
    for (let times = 0; times < 4; times += 1) expect(await sites.read(address, 60_000)).toEqual(first);
    expect(asked).toBe(2);
    advance(61_000);
    await sites.read(address, 60_000);
    expect(asked).toBe(3);
  });

  it('are not those that are private, and of no other client', async () => {
    const { address, show } = shelf();
    const key = await keyOf('one');
    await show({ ...key, jwk: { ...key.jwk, d: 'AA' } });
    expect(await tokenBy(await machine(address), key)).toBe(401);
    const other = shelf();
    const otherKey = await keyOf('one');
    await other.show(otherKey);
    const mine = shelf();
    const myKey = await keyOf('one');
    await mine.show(myKey);
    const client = await machine(mine.address);
    expect([await tokenBy(client, otherKey), await tokenBy(client, myKey)]).toEqual([401, 200]);
  });

  it('stand at a public address, and nowhere else as well', async () => {
    const key = await keyOf('one');
    const base = {
      name: 'Keys',
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['client_credentials'],
    };
    for (const fields of [
      { jwks_uri: 'https://10.0.0.1/keys' },
      { jwks_uri: 'https://metadata.google.internal/keys' },
      { jwks_uri: 'http://app.example.com/keys' },
      { jwks_uri: 'https://user:pass@app.example.com/keys' },
      { jwks_uri: 'https://app.example.com/keys#one' },
      { jwks_uri: 'https://app.example.com/keys', jwks: { keys: [key.jwk] } },
      {},
    ]) {
      const body = { ...base, ...fields };
      await expectProblem(
        await call('POST', '/v1/admin/clients', { headers: INTERNAL, body }),
        422,
        'validation_failed',
      );
    }
  });
});
