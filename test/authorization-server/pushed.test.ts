import { beforeAll, describe, expect, it } from 'vitest';
import { createRealm } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import {
  asking,
  authorize,
  backIn,
  CALLBACK,
  createClient,
  decide,
  type MadeClient,
  pkce,
  post,
  redeem,
} from '../support/oauth-client.ts';
import { type Visitor, visitor } from '../support/visitor.ts';

const { challenge, verifier } = pkce();
let client: MadeClient;
let who: Visitor;

beforeAll(async () => {
  await createRealm('pushed-b');
  client = await createClient();
  who = await visitor();
});

const push = (search: URLSearchParams) => post('par', [...search] as [string, string][]);
const named = async (one = client, more = {}) =>
  new URLSearchParams({
    client_id: one.client_id,
    request_uri: (await push(asking(one, challenge, more))).body.request_uri,
  });

describe('a request that was pushed', () => {
  it('is asked for by its name, and by nothing that stands beside it', async () => {
    const search = await named(client, { scope: 'openid' });
    search.set('scope', 'openid email');
    search.set('redirect_uri', 'https://evil.example/');
    const page = await authorize(search, who);
    expect(page.status).toBe(200);
    expect(page.body).not.toContain('see your email address');
    const { code, state } = backIn(await decide(search, who));
    expect(state).toBe('state of the app & more');
    const { body } = await redeem(client, { code: code as string, verifier, redirectUri: CALLBACK });
    expect(body.scope).toBe('openid');
  });

  it('waits while its user signs in', async () => {
    const { headers } = await authorize(await named());
    const back = new URLSearchParams((headers.get('location') as string).split('?')[1]).get(
      'redirect_to',
    ) as string;
    expect(back).toContain('request_uri=');
    expect(back).toContain(`redirect_uri=${encodeURIComponent(CALLBACK)}`);
  });

  it('is of one client and one realm, and over after ten minutes', async () => {
    const search = await named();
    const other = await createClient();
    const stolen = new URLSearchParams({ ...Object.fromEntries(search), client_id: other.client_id });
    expect((await authorize(stolen, who)).status).toBe(400);
    const there = await visitor({}, { realm: 'pushed-b' });
    expect((await authorize(search, there)).status).toBe(400);
    const changed = new URLSearchParams({
      ...Object.fromEntries(search),
      request_uri: `${search.get('request_uri')}x`,
    });
    expect((await authorize(changed, who)).status).toBe(400);
    advance(601_000);
    expect((await authorize(search, who)).status).toBe(400);
  });

  it.each([
    [{ redirect_uri: 'https://evil.example/' }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ code_challenge: null }, 'invalid_request'],
    [{ scope: 'nonsense' }, 'invalid_scope'],
    [{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'request_uri_not_supported'],
    [{ client_id: null }, 'invalid_client'],
  ])('is refused with %j at once', async (more, error) => {
    const answer = await push(asking(client, challenge, more));
    expect([answer.status, answer.body.error]).toEqual([error === 'invalid_client' ? 401 : 400, error]);
  });
});
