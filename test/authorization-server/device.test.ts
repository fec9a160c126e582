import { beforeAll, describe, expect, it } from 'vitest';
import { newUserCode, shownUserCode, typedUserCode } from '../../src/authorization-server/user-code.ts';
import { call, changeDirectory, createRealm, expectProblem, ORIGIN } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { addApp } from '../support/factors.ts';
import { claimsOf, createClient, type MadeClient, post } from '../support/oauth-client.ts';
import { expectLedTo, expectPage, open, submit, type Visitor, visitor } from '../support/visitor.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const PAGE = { accept: 'text/html' };
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

let cli: MadeClient;
let who: Visitor;

const createCli = (fields: Record<string, unknown> = {}, realm?: string) =>
  createClient(
    { name: 'Deploy Tool', redirect_uris: [], grant_types: [GRANT, 'refresh_token'], ...fields },
    realm,
  );

beforeAll(async () => {
  await createRealm('device-b');
  await createRealm('device-mfa', { mfa: 'required' });
  cli = await createCli();
  who = await visitor();
});

/** What a device is told that asks to be let in. */
async function begin(client = cli, fields: Record<string, string> = {}, realm?: string): Promise<any> {
  const answer = await post(
    'device_authorization',
    { client_id: client.client_id, scope: 'openid email offline_access', ...fields },
    { realm, headers: { 'user-agent': FIREFOX } },
  );
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

const poll = (device_code: string, client = cli, realm?: string) =>
  post('token', { grant_type: GRANT, device_code, client_id: client.client_id }, { realm });
const errorOf = async (...asked: Parameters<typeof poll>) => {
  const { status, body } = await poll(...asked);
  return [status, body.error];
};
const look = (user_code: string, by: Partial<Visitor> = who) =>
  open(`/device?${new URLSearchParams({ user_code })}`, by, PAGE);
const decide = (user_code: string, by: Visitor = who, decision = 'allow', headers = {}) =>
  submit('/device', { user_code, decision, user: by.user.user.id }, by, { ...PAGE, ...headers });

describe('a device', () => {
  it('is told what to show, and let in by its user', async () => {
    const told = await begin();
    expect(told).toEqual({
      device_code: expect.stringMatching(/^lkd\.[A-Z]{8}\.[\w-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${ORIGIN}/device`,
      verification_uri_complete: `${ORIGIN}/device?user_code=${told.user_code}`,
      expires_in: 900,
      interval: 5,
    });
    expect(await errorOf(told.device_code)).toEqual([400, 'authorization_pending']);
    const page = await look(told.user_code);
    expectPage(page);
    for (const text of ['Deploy Tool', told.user_code, 'Firefox', who.user.user.email, 'see your email']) {
      expect(page.body).toContain(text);
    }
    expect(page.body).toContain('somebody sent you the code');
    expectLedTo(await decide(told.user_code), '/device?done=allowed');
    expect((await open('/device?done=allowed', who)).body).toContain('The device is connected');
    const { status, body } = await poll(told.device_code);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({ scope: 'openid email offline_access', refresh_token: expect.any(String) });
    expect(claimsOf(body.access_token)).toMatchObject({ sub: who.user.user.id, client_id: cli.client_id });
    expect(claimsOf(body.id_token)).toMatchObject({ aud: cli.client_id, sub: who.user.user.id });
    expect((await open('/account/apps', who)).body).toContain('Deploy Tool');
  });

  it('gets it once, of however many who ask', async () => {
    const { device_code, user_code } = await begin();
    await decide(user_code);
    const answers = await Promise.all(Array.from({ length: 8 }, () => poll(device_code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const [given] = answers.flatMap(({ status, body }) => (status === 200 ? [body] : []));
    expect(await errorOf(device_code)).toEqual([400, 'invalid_grant']);
    // Who was slower spoils nothing.
    expect((await call('GET', '/oauth2/userinfo', { token: given.access_token })).status).toBe(200);
  });

  it('hears no', async () => {
    const { device_code, user_code } = await begin();
    expectLedTo(await decide(user_code, who, 'deny'), '/device?done=denied');
    expect(await errorOf(device_code)).toEqual([400, 'access_denied']);
    expect((await decide(user_code)).status).toBe(422);
    expect(await errorOf(device_code)).toEqual([400, 'access_denied']);
  });

  it('is slowed down when it asks too often, and told when time is over', async () => {
    const { device_code, user_code } = await begin();
    expect(await errorOf(device_code)).toEqual([400, 'authorization_pending']);
    expect(await errorOf(device_code)).toEqual([400, 'slow_down']);
    advance(5_000);
    expect(await errorOf(device_code)).toEqual([400, 'slow_down']);
    advance(15_000);
    expect(await errorOf(device_code)).toEqual([400, 'authorization_pending']);
    advance(900_000);
    expect(await errorOf(device_code)).toEqual([400, 'expired_token']);
    expect((await decide(user_code)).status).toBe(422);
    expect(await errorOf(device_code)).toEqual([400, 'expired_token']);
  });

  it('keeps what it was allowed when the browser signs out in which that was done', async () => {
    const user = await visitor();
    const { device_code, user_code } = await begin();
    await decide(user_code, user);
    await submit('/logout', {}, user);
    const { status, body } = await poll(device_code);
    expect(status, JSON.stringify(body)).toBe(200);
    expect((await call('GET', '/oauth2/userinfo', { token: body.access_token })).status).toBe(200);
  });

  it('loses what it was allowed when its user is suspended meanwhile', async () => {
    const user = await visitor();
    const { device_code, user_code } = await begin();
    await decide(user_code, user);
    await changeDirectory(user.user.user.id, { status: 'suspended' });
    expect(await errorOf(device_code)).toEqual([400, 'invalid_grant']);
  });

  it('is of one client and one realm', async () => {
    const { device_code, user_code } = await begin();
    expect(await errorOf(device_code, await createCli())).toEqual([400, 'invalid_grant']);
    const there = await createCli({}, 'device-b');
    expect(await errorOf(device_code, there, 'device-b')).toEqual([400, 'invalid_grant']);
    const stranger = await visitor({}, { realm: 'device-b' });
    expect((await look(user_code, stranger)).status).toBe(422);
    expect((await decide(user_code, stranger)).status).toBe(422);
    await decide(user_code);
    expect((await poll(device_code)).status).toBe(200);
  });

  it('is let in in another realm', async () => {
    const there = await createCli({}, 'device-b');
    const user = await visitor({}, { realm: 'device-b' });
    const told = await begin(there, {}, 'device-b');
    expect(told.verification_uri).toBe(`${ORIGIN}/realms/device-b/device`);
    expectLedTo(await decide(told.user_code, user), '/realms/device-b/device?done=allowed');
    expect((await poll(told.device_code, there, 'device-b')).status).toBe(200);
  });

  it('gets no code in the secret of another', async () => {
    const [one, other] = [await begin(), await begin()];
    await decide(one.user_code);
    const [, , secret] = other.device_code.split('.');
    const [, code] = one.device_code.split('.');
    expect(await errorOf(`lkd.${code}.${secret}`)).toEqual([400, 'invalid_grant']);
    expect((await poll(one.device_code)).status).toBe(200);
  });

  it.each([
    [[['scope', 'nonsense']], 'invalid_scope'],
    [[['resource', 'https://elsewhere.example/']], 'invalid_target'],
    [
      [
        ['scope', 'openid'],
        ['scope', 'email'],
      ],
      'invalid_request',
    ],
  ] as [[string, string][], string][])('is refused with %j', async (fields, error) => {
    const answer = await post('device_authorization', [['client_id', cli.client_id], ...fields]);
    expect([answer.status, answer.body.error]).toEqual([400, error]);
  });

  it('has to be of a client that may', async () => {
    const { client_id } = await createClient();
    const answer = await post('device_authorization', { client_id });
    expect([answer.status, answer.body.error]).toEqual([400, 'unauthorized_client']);
    const nobody = await post('device_authorization', { client_id: 'cli_nobody' });
    expect([nobody.status, nobody.body.error]).toEqual([401, 'invalid_client']);
    expectProblem(await call('GET', '/oauth2/device_authorization'), 405, 'method_not_allowed');
    for (const device_code of ['x', `lkd.AAAAAAAA.${'a'.repeat(43)}`, '\u0000']) {
      expect(await errorOf(device_code)).toEqual([400, 'invalid_grant']);
    }
  });
});

describe('the page of devices', () => {
  it('has its visitor sign in, and brings the code back', async () => {
    const { user_code } = await begin();
    const back = new URLSearchParams({ redirect_to: `/device?user_code=${user_code}` });
    expect((await look(user_code, {})).headers.get('location')).toBe(`/login?${back}`);
    expect((await open('/device', {})).headers.get('location')).toBe('/login?redirect_to=%2Fdevice');
  });

  it('takes a code as people type it, and asks again for any other', async () => {
    const { user_code } = await begin();
    expectPage(await open('/device', who));
    expectPage(await look(user_code.toLowerCase().replace('-', ' ')));
    for (const wrong of ['x', 'AAAA-AAAA', 'BCDF-GHJK', '<script>']) {
      const answer = await look(wrong);
      expectPage(answer, 422);
      expect(answer.body).toContain('No device waits with this code');
    }
  });

  it('speaks German', async () => {
    const { user_code } = await begin();
    expect((await look(`${user_code}`, who)).body).toContain('Connect the device');
    const { body } = await open(`/device?user_code=${user_code}&ui_locales=de`, who, PAGE);
    expect(body).toContain('Gerät verbinden');
    expect(body).toContain('Brechen Sie ab');
  });

  it('takes the word of the user who was asked, from our own page only', async () => {
    const { device_code, user_code } = await begin();
    for (const origin of ['https://evil.example', 'null']) {
      expect((await decide(user_code, who, 'allow', { origin })).status).toBe(403);
    }
    const other = await visitor();
    const mixed = await submit('/device', { user_code, decision: 'allow', user: who.user.user.id }, other);
    expect([mixed.status, mixed.headers.get('location')]).toEqual([303, `/device?user_code=${user_code}`]);
    expect((await submit('/device', { user_code, user: who.user.user.id }, who)).status).toBe(400);
    expect(await errorOf(device_code)).toEqual([400, 'authorization_pending']);
  });

  it('wants the second factor that the account has, or the realm requires', async () => {
    const { device_code, user_code } = await begin();
    const careful = await visitor();
    await addApp(careful.user.access_token);
    for (const answer of [await look(user_code, careful), await decide(user_code, careful)]) {
      expect(answer.headers.get('location')).toMatch(/^\/login\?.*prompt=login/);
    }
    expect(await errorOf(device_code)).toEqual([400, 'authorization_pending']);
    const there = await createCli({}, 'device-mfa');
    const lacking = await visitor({}, { realm: 'device-mfa' });
    const told = await begin(there, {}, 'device-mfa');
    for (const answer of [await look(told.user_code, lacking), await decide(told.user_code, lacking)]) {
      expect([answer.status, answer.headers.get('location')]).toEqual([
        303,
        expect.stringContaining('/realms/device-mfa/account/'),
      ]);
    }
  });

  it('lets one account guess no more than a few codes', async () => {
    const guesser = await visitor();
    const statuses = [];
    for (let n = 0; n < 42; n += 1) statuses.push(await look(shownUserCode(newUserCode()), guesser));
    expect(statuses.at(-1)?.body).toContain('Too many requests');
    const { user_code } = await begin();
    expect((await decide(user_code, guesser)).status).toBe(422);
    expect((await look(user_code)).status).toBe(200);
  });
});

describe('a user code', () => {
  it('is of letters that nobody mistakes, whichever way they are typed', () => {
    const codes = Array.from({ length: 200 }, newUserCode);
    expect(new Set(codes).size).toBe(200);
    for (const code of codes) expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
    expect(typedUserCode(' wdjb–mjht ')).toBe('WDJBMJHT');
    for (const text of ['', 'WDJBMJH', 'WDJBMJHTX', 'WDJBMJH1', 'ADJBMJHT'])
      expect(typedUserCode(text)).toBeNull();
  });
});
