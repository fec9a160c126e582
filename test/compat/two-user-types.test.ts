import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { COUNTRIES } from '../../src/lib/countries.ts';
import {
  type Answer,
  type CallOptions,
  call,
  changeDirectory,
  createApiKey,
  INTERNAL,
  login,
  ORIGIN,
  PASSWORD,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { codeTextedTo, linkIn, mailTo } from '../support/mail.ts';
import { receivedMails, receivedTexts } from '../support/peers/mailbox.ts';

const TYPES = ['User1', 'User2'] as const;
type Type = (typeof TYPES)[number];
const realmOf = (type: Type) => type.toLowerCase();

const address = () => `two-${crypto.randomUUID()}@example.com`;
let nextNumber = 100;
/** A number whose prefix no other test uses. */
const number = () => {
  nextNumber += 1;
  return `+44791${String(Date.now()).slice(-5)}${nextNumber}`;
};

const form = (fields: Record<string, string>): CallOptions => ({
  raw: new URLSearchParams(fields).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
});
const query = (path: string, fields: Record<string, string>) => `${path}?${new URLSearchParams(fields)}`;
const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

const profile = () => ({
  first_name: 'John',
  last_name: 'Doe',
  email: address(),
  phone: number(),
  country_code: 'US',
  password: PASSWORD,
});

/** A new user; the address is not verified. */
async function create(type: Type, fields: Record<string, unknown> = {}) {
  const body = { ...profile(), ...fields };
  const answer = await call('POST', `/${type}/create`, { body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return { ...body, id: answer.body.id as string };
}

async function tokenOf(type: Type, email: string, password = PASSWORD): Promise<string> {
  const answer = await call('POST', `/${type}/login`, form({ username: email, password }));
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.access_token;
}

/** A user whose address is verified, signed in. */
async function signedIn(type: Type, fields: Record<string, unknown> = {}) {
  const user = await create(type, fields);
  await changeDirectory(user.id, { email_verified: 1 });
  return { ...user, token: await tokenOf(type, user.email) };
}

function expectRefused(answer: Answer<any>, status: number, code: string, detail?: string): void {
  expect(answer.body, JSON.stringify(answer.body)).toMatchObject({ code, ...(detail && { detail }) });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/json');
}

/** The link in the newest mail to that address about that; it leads to a page of the realm. */
async function linkTo(type: Type, email: string, subject: RegExp, page: string): Promise<string> {
  const link = linkIn(await mailTo(email, subject));
  expect(`${link.origin}${link.pathname}`).toBe(`${ORIGIN}/realms/${realmOf(type)}/${page}`);
  return link.searchParams.get('token') as string;
}

describe.each(TYPES)('a user of %s', (type) => {
  const at = (path: string) => `/${type}/${path}`;

  it('goes the whole way', async () => {
    const user = await create(type);
    const credentials = { username: user.email, password: PASSWORD };
    expectRefused(await call('POST', at('login'), form(credentials)), 403, 'email_not_verified');

    const token = await linkTo(type, user.email, /^Welcome/, 'verify-email');
    const verified = await call('GET', query(at('verify'), { token }));
    expect([verified.status, verified.body]).toEqual([200, { message: 'Email verified successfully' }]);
    expectRefused(await call('GET', query(at('verify'), { token })), 400, 'invalid_link');

    const signedIn = await call('POST', at('login'), form({ ...credentials, grant_type: 'password' }));
    expect([signedIn.status, signedIn.body]).toEqual([
      200,
      { access_token: expect.any(String), token_type: 'bearer', expires_in: 3600 },
    ]);
    const bearer = { token: signedIn.body.access_token };
    const seen = await call('GET', query(at(''), { id: user.id }), bearer);
    expect([seen.status, seen.body]).toEqual([
      200,
      {
        id: user.id,
        first_name: 'John',
        last_name: 'Doe',
        email: user.email,
        phone: user.phone,
        country_code: 'US',
        country: 'United States',
        is_email_verified: true,
      },
    ]);

    const asked = await call('POST', at('otp_phone'), {
      ...bearer,
      body: { id: user.id, phone: user.phone },
    });
    expect(asked.body).toEqual({ message: 'OTP generated successfully', otp: expect.any(String) });
    const otp = await codeTextedTo(user.phone);
    const path = query(at('verify_otp_phone'), { token: asked.body.otp, otp });
    const proven = await call('GET', path, bearer);
    expect([proven.status, proven.body]).toEqual([200, { message: 'OTP verified successfully' }]);
    const { user: me } = (await login(user.email, PASSWORD, { realm: realmOf(type) })).body;
    expect(me).toMatchObject({ id: user.id, phone_number_verified: true, realm: realmOf(type) });

    const forgotten = await call('GET', query(at('forget_password'), { email: user.email }));
    expect([forgotten.status, forgotten.body]).toEqual([
      200,
      { message: 'Password reset link sent to your email' },
    ]);
    const reset = await linkTo(type, user.email, /password/i, 'reset-password');
    const password = 'four lighthouses at dawn';
    const set = await call('POST', query(at('reset_password'), { token: reset }), form({ password }));
    expect([set.status, set.body]).toEqual([200, { message: 'Password reset successfully' }]);
    expectRefused(await call('GET', query(at(''), { id: user.id }), bearer), 401, 'session_ended');

    const next = { token: await tokenOf(type, user.email, password) };
    const left = await call('GET', at('logout'), next);
    expect([left.status, left.body]).toEqual([200, { message: 'Logout successfully' }]);
    expectRefused(await call('GET', query(at(''), { id: user.id }), next), 401, 'session_ended');

    const last = { token: await tokenOf(type, user.email, password) };
    const gone = await call('DELETE', query(at('delete'), { id: user.id, email: user.email }), last);
    expect([gone.status, gone.body]).toEqual([200, { message: 'User deleted successfully' }]);
    expectRefused(await call('GET', query(at(''), { id: user.id }), last), 401, 'session_ended');
    expectRefused(
      await call('POST', at('login'), form({ username: user.email, password })),
      401,
      'invalid_credentials',
    );
  });

  it('is nobody among the others, under the same address as well', async () => {
    const other = type === 'User1' ? 'User2' : 'User1';
    const email = address();
    const [here, there] = [await signedIn(type, { email }), await signedIn(other, { email })];
    expect(here.id).not.toBe(there.id);
    for (const [method, path] of [
      ['GET', query(`/${other}/`, { id: here.id })],
      ['GET', query(`/${other}/`, { id: there.id })],
      ['GET', `/${other}/logout`],
      ['DELETE', query(`/${other}/delete`, { id: there.id, email })],
    ] as const) {
      expectRefused(await call(method, path, { token: here.token }), 401, 'invalid_token');
    }
    expect((await call('GET', '/v1/me', { token: here.token })).status).toBe(401);
    expect((await call('GET', query(`/${other}/`, { id: there.id }), { token: there.token })).status).toBe(
      200,
    );
  });
});

describe('POST /User1/create', () => {
  it.each([
    ['US', 'US', 'United States'],
    ['de', 'DE', 'Germany'],
    ['+1', 'US', 'United States'],
    ['+91', 'IN', 'India'],
    ['44', 'GB', 'United Kingdom'],
    [358, 'FI', 'Finland'],
    // Nobody's code, and what no code is.
    ['+999', null, null],
    [null, null, null],
    [undefined, null, null],
  ])('takes the country %s', async (sent, code, name) => {
    const { token } = await signedIn('User1', { country_code: sent });
    const { body } = await call('GET', '/User1/', { token });
    expect([body.country_code, body.country]).toEqual([code, name]);
  });

  it('knows the calling codes of countries that there are', async () => {
    const { countryOf } = await import('../../src/compat/two-user-types/calling-codes.ts');
    const found = Array.from({ length: 1000 }, (_, code) => countryOf(code)).filter(Boolean);
    expect(found.filter((country) => !COUNTRIES.includes(country as string))).toEqual([]);
    expect(found.length).toBeGreaterThan(200);
  });

  it('answers the same for an address that is known, whose owner is told', async () => {
    const { id, ...known } = await create('User1');
    const again = await call('POST', '/User1/create', { body: { ...known, password: 'another good one' } });
    expect([again.status, again.body]).toEqual([
      200,
      { message: 'User created successfully', Email: known.email, id: expect.stringMatching(/^usr_/) },
    ]);
    expect(again.body.id).not.toBe(id);
    await mailTo(known.email, /already/i);
    await changeDirectory(id, { email_verified: 1 });
    await tokenOf('User1', known.email);
  });

  it('takes what forms leave empty', async () => {
    const user = await signedIn('User1', { last_name: '', phone: '', country_code: ' ' });
    const { body } = await call('GET', '/User1/', { token: user.token });
    expect(body).toMatchObject({ first_name: 'John', last_name: null, phone: null, country_code: null });
  });

  it('names the fields that were sent', async () => {
    const body = {
      first_name: 1,
      last_name: 2,
      email: 'x',
      phone: '123',
      country_code: 'Foo',
      password: 'short',
    };
    const answer = await call('POST', '/User1/create', { body });
    expect(answer.status).toBe(422);
    expect(answer.body.detail.map(({ loc }: any) => loc.join('.')).sort()).toEqual([
      'body.country_code',
      'body.email',
      'body.first_name',
      'body.last_name',
      'body.phone',
    ]);
    const weak = await call('POST', '/User1/create', { body: { ...profile(), password: 'short' } });
    expect(weak.body.detail[0].loc).toEqual(['body', 'password']);
  });

  it('gives what canonical clients get where an operator opened the realm', async () => {
    await call('PATCH', '/v1/admin/realms/user2', { headers: INTERNAL, body: { registration: 'open' } });
    const user = await create('User2');
    expect(user.id).toMatch(/^usr_/);
    expectRefused(await call('POST', '/User2/create', { body: user }), 409, 'user_exists');
    await call('PATCH', '/v1/admin/realms/user2', { headers: INTERNAL, body: { registration: 'closed' } });
    expectRefused(await call('POST', '/User2/create', { body: profile() }), 403, 'registration_closed');
    await call('PATCH', '/v1/admin/realms/user2', {
      headers: INTERNAL,
      body: { registration: 'verify_first' },
    });
  });
});

describe('POST /User1/login', () => {
  it('takes JSON as well, and says what is wrong', async () => {
    const user = await signedIn('User1');
    const body = { username: user.email, password: PASSWORD };
    expect((await call('POST', '/User1/login', { body })).body.token_type).toBe('bearer');
    expectRefused(
      await call('POST', '/User1/login', { body: { ...body, password: 'wrong' } }),
      401,
      'invalid_credentials',
      'Invalid email or password',
    );
    const nothing = await call('POST', '/User1/login', form({ username: user.email }));
    expect([nothing.status, nothing.body.detail[0].loc]).toEqual([422, ['body', 'password']]);
    const unverified = await create('User1');
    expectRefused(
      await call('POST', '/User1/login', form({ username: unverified.email, password: PASSWORD })),
      403,
      'email_not_verified',
      'Email not verified',
    );
    await changeDirectory(user.id, { status: 'suspended' });
    expectRefused(await call('POST', '/User1/login', { body }), 403, 'account_suspended');
  });
});

describe('GET /User1/', () => {
  it('shows only oneself, and to admins anybody', async () => {
    const [user, admin] = [await signedIn('User1'), await signedIn('User1')];
    const path = query('/User1/', { id: user.id });
    expect((await call('GET', '/User1/', { token: user.token })).body.id).toBe(user.id);
    expect((await call('GET', query('/User1', { id: user.id }), { token: user.token })).status).toBe(200);
    expectRefused(await call('GET', path, { token: admin.token }), 403, 'insufficient_scope');
    expectRefused(
      await call('GET', query('/User1/', { id: 'usr_nobody' }), { token: admin.token }),
      403,
      'insufficient_scope',
    );
    await changeDirectory(admin.id, { role: 'admin' });
    const token = await tokenOf('User1', admin.email);
    expect((await call('GET', path, { token })).body).toMatchObject({ id: user.id, email: user.email });
    expectRefused(
      await call('GET', query('/User1/', { id: 'usr_nobody' }), { token }),
      404,
      'user_not_found',
    );
    const { headers } = await createApiKey(['users:read'], { realm: 'user1' });
    expect((await call('GET', path, { headers })).body.id).toBe(user.id);
  });

  it('never shows a password', async () => {
    const { token } = await signedIn('User1');
    expect((await call('GET', '/User1/', { token })).body).not.toHaveProperty('password');
  });
});

describe('the links of mails', () => {
  it.each([
    ['GET /User1/verify', '/User1/verify', '/realms/user1/verify-email'],
    ['GET /User2/verify', '/User2/verify', '/realms/user2/verify-email'],
    ['GET /User1/reset_password_form', '/User1/reset_password_form', '/realms/user1/reset-password'],
    ['GET /User2/reset_password_form', '/User2/reset_password_form', '/realms/user2/reset-password'],
  ])('%s leads a browser to the page', async (_, path, page) => {
    const headers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    const token = 'a b&c=d/é';
    const answer = await call('GET', query(path, { token }), { headers });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, query(page, { token })]);
    expect((await call('GET', path, { headers })).headers.get('location')).toBe(page);
    const shown = await call('GET', answer.headers.get('location') as string, { headers });
    expect([shown.status, shown.body]).toEqual([410, expect.stringContaining('<h1>')]);
  });

  it('GET /User1/verify leaves the link of a browser as it is', async () => {
    const user = await create('User1');
    const token = await linkTo('User1', user.email, /^Welcome/, 'verify-email');
    const path = query('/User1/verify', { token });
    await call('GET', path, { headers: { accept: 'text/html' } });
    expectRefused(await call('GET', query('/User2/verify', { token })), 400, 'invalid_link');
    expect((await call('GET', path)).status).toBe(200);
  });

  it('GET /User1/verify refuses what is no link', async () => {
    expectRefused(
      await call('GET', '/User1/verify?token=x'),
      400,
      'invalid_link',
      'Invalid or expired token',
    );
    const nothing = await call('GET', '/User1/verify');
    expect([nothing.status, nothing.body.detail[0].loc]).toEqual([422, ['query', 'token']]);
  });
});

describe('GET /User1/forget_password', () => {
  it('answers the same for an address that nobody has, and mails nothing', async () => {
    const [user, nobody] = [await create('User1'), address()];
    const answers = [];
    for (const email of [user.email, nobody]) {
      const { status, body } = await call('GET', query('/User1/forget_password', { email }));
      answers.push([status, body]);
    }
    expect(answers[0]).toEqual(answers[1]);
    await mailTo(user.email, /password/i);
    expect(await receivedMails(nobody)).toEqual([]);
    expect((await call('GET', '/User1/forget_password')).status).toBe(422);
  });
});

describe('POST /User1/reset_password', () => {
  it('takes the token in the body too, as JSON or a form', async () => {
    const user = await signedIn('User1');
    await call('GET', query('/User1/forget_password', { email: user.email }));
    const token = await linkTo('User1', user.email, /password/i, 'reset-password');
    const weak = await call('POST', '/User1/reset_password', { body: { token, password: 'short' } });
    expect([weak.status, weak.body.detail[0].loc]).toEqual([422, ['body', 'password']]);
    const password = 'four lighthouses at dawn';
    expect((await call('POST', '/User1/reset_password', form({ token, password }))).status).toBe(200);
    expectRefused(
      await call('POST', '/User1/reset_password', { body: { token, password } }),
      400,
      'invalid_link',
      'Invalid or expired token',
    );
  });
});

describe('POST /User1/otp_phone and GET /User1/verify_otp_phone', () => {
  const ask = (fields: Record<string, string>, options: CallOptions = {}) =>
    call('POST', query('/User1/otp_phone', fields), options);
  const verify = (token: string, otp: string, options: CallOptions = {}) =>
    call('GET', query('/User1/verify_otp_phone', { token, otp }), options);

  it('prove the number of who is signed in, and then sign in without a token', async () => {
    const { id, phone, token } = await signedIn('User1');
    const asked = await ask({ id, phone }, { token });
    const code = await codeTextedTo(phone);
    // The token that comes back is no secret: it names the number, and has nothing of the code.
    expect(atob(asked.body.otp).split(' ').slice(0, 2)).toEqual([phone, id]);
    expectRefused(
      await verify(asked.body.otp, wrong(code), { token }),
      400,
      'invalid_code',
      'Invalid or expired OTP',
    );
    expect((await verify(asked.body.otp, code, { token })).status).toBe(200);
    expectRefused(await verify(asked.body.otp, code, { token }), 400, 'invalid_code');
    advance(60_000);
    const next = await ask({ id, phone });
    const answer = await verify(next.body.otp, String(Number(await codeTextedTo(phone, 2))));
    expect(answer.body).toEqual({
      message: 'OTP verified successfully',
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 3600,
    });
    expect((await call('GET', '/User1/', { token: answer.body.access_token })).body.id).toBe(id);
  });

  it('take a plus that was not escaped', async () => {
    const { id, phone, token } = await signedIn('User1');
    const answer = await call('POST', `/User1/otp_phone?id=${id}&phone=${phone}`, { token });
    expect([answer.status, atob(answer.body.otp).split(' ')[0]]).toEqual([200, phone]);
    await codeTextedTo(phone);
  });

  it('text nobody but the owner of the number', async () => {
    const [user, other] = [await signedIn('User1'), await signedIn('User1')];
    // Nobody is signed in, and the number is not that of the account, which may not be there.
    for (const id of [other.id, 'usr_nobody']) {
      expect((await ask({ id, phone: user.phone })).status).toBe(200);
    }
    expect((await ask({ phone: user.phone })).status).toBe(200);
    // Somebody else's.
    expectRefused(
      await ask({ id: user.id, phone: user.phone }, { token: other.token }),
      403,
      'insufficient_scope',
    );
    const foreign = number();
    expect((await ask({ id: other.id, phone: foreign }, { token: other.token })).status).toBe(200);
    const there = await signedIn('User2', { phone: user.phone });
    expectRefused(
      await ask({ id: there.id, phone: user.phone }, { token: there.token }),
      401,
      'invalid_token',
    );
    expect(await receivedTexts(user.phone)).toEqual([]);
    expect(await receivedTexts(foreign)).toEqual([]);
  });

  it('prove the number in a profile without a token, which then opens nothing', async () => {
    const user = await signedIn('User1');
    const asked = await call('POST', '/User1/otp_phone', { body: { id: user.id, phone: user.phone } });
    const code = await codeTextedTo(user.phone);
    expectRefused(await verify(asked.body.otp, wrong(code)), 400, 'invalid_code', 'Invalid or expired OTP');
    const proven = await verify(asked.body.otp, code);
    expect([proven.status, proven.body]).toEqual([200, { message: 'OTP verified successfully' }]);
    const row = await env.DB.prepare(
      'SELECT phone_number_verified, phone_proven_apart FROM users WHERE id = ?',
    )
      .bind(user.id)
      .first();
    expect(row).toEqual({ phone_number_verified: 1, phone_proven_apart: 1 });
    // Who holds the number is sent no code that signs in.
    await ask({ phone: user.phone });
    expect(await receivedTexts(user.phone)).toHaveLength(1);
    // Proven with a session, it does.
    advance(60_000);
    const again = await ask({ id: user.id, phone: user.phone }, { token: user.token });
    const next = await codeTextedTo(user.phone, 2);
    expect((await verify(again.body.otp, next, { token: user.token })).status).toBe(200);
    advance(60_000);
    const last = await ask({ phone: user.phone });
    const signed = await verify(last.body.otp, await codeTextedTo(user.phone, 3));
    expect(signed.body.access_token).toEqual(expect.any(String));
  });

  it('text no number of an account whose address is not proven, or that is suspended, and answer the same', async () => {
    const [unproven, suspended, nobody] = [await create('User1'), await signedIn('User1'), number()];
    await changeDirectory(suspended.id, { status: 'suspended' });
    const answers = [];
    for (const [id, phone] of [
      [unproven.id, unproven.phone],
      [suspended.id, suspended.phone],
      ['usr_nobody', nobody],
    ] as const) {
      const { status, body } = await ask({ id, phone });
      answers.push([status, Object.keys(body)]);
      expectRefused(await verify(body.otp, '123456'), 400, 'invalid_code');
      expect(await receivedTexts(phone)).toEqual([]);
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it('leave the owner their code and their turn, whatever strangers ask for and guess', async () => {
    const user = await signedIn('User1');
    const fields = { id: user.id, phone: user.phone };
    const ip = '198.51.100.7';
    const asked = await call('POST', query('/User1/otp_phone', fields), { ip });
    const code = await codeTextedTo(user.phone);
    for (let n = 0; n < 12; n += 1) {
      await ask({ phone: user.phone });
      const stranger = await ask(fields);
      await verify(stranger.body.otp, wrong(code));
      await verify(btoa(user.phone), wrong(code));
    }
    // Signed in, they have a turn of their own.
    await ask(fields, { token: user.token });
    expect(await codeTextedTo(user.phone, 2)).not.toBe(code);
    expect((await verify(asked.body.otp, code, { ip })).status).toBe(200);
  });

  it('send a code that is not used up once more', async () => {
    const user = await signedIn('User1');
    const fields = { id: user.id, phone: user.phone };
    const ip = '198.51.100.8';
    const first = await call('POST', query('/User1/otp_phone', fields), { ip });
    const code = await codeTextedTo(user.phone);
    advance(60_000);
    const second = await call('POST', query('/User1/otp_phone', fields), { ip });
    expect([second.body.otp, await codeTextedTo(user.phone, 2)]).toEqual([first.body.otp, code]);
    expect((await verify(first.body.otp, code)).status).toBe(200);
  });

  it('say what is missing in the names of the service', async () => {
    const loc = async (answer: Promise<Answer<any>>) => (await answer).body.detail[0].loc;
    expect(await loc(call('POST', '/User1/otp_phone', { body: { id: 'x', phone: 5 } }))).toEqual([
      'body',
      'phone',
    ]);
    expect(await loc(verify('', '123456'))).toEqual(['query', 'token']);
    expect(await loc(verify('KzQ0NzkxMTIzNDU2Nw', ''))).toEqual(['query', 'otp']);
    // A number that once began with zeros is a code, if a wrong one.
    expectRefused(await verify('KzQ0NzkxMTIzNDU2Nw', '1'), 400, 'invalid_code');
    expect(await loc(verify('KzQ0NzkxMTIzNDU2Nw', '1234567'))).toEqual(['query', 'otp']);
  });
});

describe('DELETE /User1/delete', () => {
  const remove = (fields: Record<string, string>, options: CallOptions) =>
    call('DELETE', query('/User1/delete', fields), options);

  it('is for the own account only', async () => {
    const [user, admin] = [await signedIn('User1'), await signedIn('User1')];
    await changeDirectory(admin.id, { role: 'admin' });
    for (const { token } of [user, admin]) {
      const own = token === user.token ? user : admin;
      const other = token === user.token ? admin : user;
      for (const fields of [
        { id: other.id, email: other.email },
        { id: other.id, email: own.email },
        { id: own.id, email: other.email },
      ]) {
        const headers = { origin: ORIGIN };
        const answer = await remove(fields, { token, headers });
        expectRefused(answer, 403, 'insufficient_scope');
        expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
      }
    }
    expect((await call('GET', query('/User1/', { id: user.id }), { token: user.token })).status).toBe(200);
  });

  it('takes a sign-in of the last ten minutes, or the password', async () => {
    const user = await signedIn('User1');
    const fields = { id: user.id, email: user.email.toUpperCase() };
    advance(11 * 60_000);
    const { token } = user;
    const late = await remove(fields, { token });
    expectRefused(late, 401, 'reauthentication_required', 'Please login again');
    expectRefused(
      await remove(fields, { token, body: { password: 'wrong' } }),
      400,
      'invalid_credentials',
      'Invalid email or password',
    );
    expect((await remove(fields, { token, body: { password: PASSWORD } })).status).toBe(200);
    const fresh = await signedIn('User1');
    expect((await remove({}, { token: fresh.token })).status).toBe(200);
  });
});

describe('a token', () => {
  const rows = (id: string) =>
    [
      ['GET', query('/User1/', { id })],
      ['POST', query('/User1/otp_phone', { id, phone: '+447911234567' })],
      ['GET', query('/User1/verify_otp_phone', { token: 'KzQ0NzkxMTIzNDU2Nw', otp: '1' })],
      ['GET', '/User1/logout'],
      ['DELETE', query('/User1/delete', { id })],
    ] as const;

  it('is needed', async () => {
    for (const [method, path] of rows('usr_x').filter(([, row]) => !/otp/.test(row))) {
      expectRefused(await call(method, path), 401, 'authentication_required', 'Not authenticated');
    }
  });

  it.each([
    ['that has expired', (token: string) => token, 'token_expired', () => advance(3601_000)],
    ['that was changed', (token: string) => `${token.slice(0, -4)}AAAA`, 'invalid_token', () => {}],
  ])('%s is refused everywhere', async (_, changed, code, act) => {
    const user = await signedIn('User1');
    act();
    for (const [method, path] of rows(user.id)) {
      expectRefused(await call(method, path, { token: changed(user.token) }), 401, code);
    }
  });

  it('of who is suspended, or has logged out, is refused everywhere at once', async () => {
    const [suspended, out] = [await signedIn('User1'), await signedIn('User1')];
    await changeDirectory(suspended.id, { status: 'suspended' });
    await call('GET', '/User1/logout', { token: out.token });
    for (const [method, path] of rows(suspended.id)) {
      expectRefused(await call(method, path, { token: suspended.token }), 403, 'account_suspended');
    }
    for (const [method, path] of rows(out.id)) {
      expectRefused(await call(method, path, { token: out.token }), 401, 'session_ended');
    }
  });

  it('is not made up for by the cookie of a browser, which any page can have sent', async () => {
    const user = await signedIn('User1');
    const headers = { origin: ORIGIN };
    const entered = await login(user.email, PASSWORD, {
      realm: 'user1',
      headers,
      body: { session_cookie: true },
    });
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] as string;
    const session = () => call('GET', '/v1/auth/session', { realm: 'user1', headers: { cookie } });
    expect((await session()).status).toBe(200);
    for (const [method, path] of rows(user.id).filter(([, row]) => !/otp/.test(row))) {
      expectRefused(
        await call(method, path, { headers: { cookie, origin: ORIGIN } }),
        401,
        'authentication_required',
      );
    }
    await call('POST', query('/User1/otp_phone', { phone: user.phone }), {
      headers: { cookie, origin: ORIGIN },
    });
    expect(await receivedTexts(user.phone)).toEqual([]);
    expect((await session()).status).toBe(200);
  });
});

describe('the realms', () => {
  it('are there, and verify first', async () => {
    const { body } = await call('GET', '/v1/admin/realms', { headers: INTERNAL });
    expect(body.data.map(({ id, name, registration }: any) => [id, name, registration])).toEqual([
      ['default', 'Latchkey', 'open'],
      ['user1', 'User1', 'verify_first'],
      ['user2', 'User2', 'verify_first'],
    ]);
  });

  it('leave one alone that has been made under such an id before', async () => {
    const migration = env.TEST_MIGRATIONS.find(({ name }) => name.includes('two_user_types'));
    await env.DB.prepare("UPDATE realms SET name = 'Ours', registration = 'closed' WHERE id = 'user2'").run();
    for (const statement of migration?.queries ?? []) await env.DB.prepare(statement).run();
    const row = await env.DB.prepare("SELECT name, registration FROM realms WHERE id = 'user2'").first();
    expect(row).toEqual({ name: 'Ours', registration: 'closed' });
    await env.DB.prepare(
      "UPDATE realms SET name = 'User2', registration = 'verify_first' WHERE id = 'user2'",
    ).run();
  });
});
