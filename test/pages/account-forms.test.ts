import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { avatarPrefix } from '../../src/images/picture-key.ts';
import { accountOf, call, changeDirectory, login, PASSWORD, register } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { images } from '../support/images.ts';
import { codeTextedTo, mailTo, tokenTo } from '../support/mail.ts';
import { receivedMails } from '../support/peers/mailbox.ts';
import { activityOf } from '../support/projection.ts';
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

const NEXT = 'four lighthouses at dawn';
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

const me = async ({ user, realm }: Visitor) =>
  (await call('GET', '/v1/me', { token: user.access_token, realm })).body;
const isSignedIn = async (cookie: string) => (await open('/account', { cookie })).status === 200;
/** Takes the password away, as signing in by a code does from an account that never proved its address. */
const dropPassword = ({ user }: Visitor) =>
  env.DB.prepare('DELETE FROM passwords WHERE user_id = ?').bind(user.user.id).run();

describe('the profile', () => {
  const fields = {
    form: 'profile',
    name: ' Ada Lovelace ',
    given_name: 'Ada',
    family_name: 'Lovelace',
    username: 'countess',
    bio: 'One line,\r\nand <another>.',
    country: 'GB',
    phone_number: '+44 20 7183 8750',
    locale: 'de',
  };

  it('is kept as it was sent, without what is around it; an empty field clears', async () => {
    const user = await visitor();
    expectLedTo(await submit('/account/profile', fields, user), '/account/profile?done=saved');
    expect(await me(user)).toMatchObject({
      ...withoutForm(fields),
      name: 'Ada Lovelace',
      phone_number: '+442071838750',
    });
    const { body } = await open('/account/profile?done=saved', user);
    expect(body).toContain('Gespeichert.');
    expect(body).toContain('value="Ada Lovelace"');
    expect(body).toContain('and &lt;another&gt;.</textarea>');
    expect(body).toContain('<option value="GB" selected="">Vereinigtes Königreich</option>');
    await submit('/account/profile', { form: 'profile', name: '', country: '' }, user);
    expect(await me(user)).toMatchObject({ name: null, country: null, username: 'countess', locale: 'de' });
  });

  it('says what is wrong beside each field, keeps what was written, and changes nothing', async () => {
    const user = await visitor({ name: 'Ada' });
    const wrong = {
      ...fields,
      username: 'a',
      phone_number: 'my number',
      name: 'x'.repeat(201),
      locale: 'xx--',
    };
    const answer = await submit('/account/profile', wrong, user);
    expectPage(answer, 422);
    for (const name of ['username', 'phone_number', 'name', 'locale']) {
      expect(answer.body).toContain(`href="#${name}"`);
      expect(answer.body).toContain(`id="${name}-problem"`);
    }
    expect(answer.body).toContain('value="my number"');
    expect(answer.body).toMatch(/<title>Error: Profile/);
    expect((await me(user)).name).toBe('Ada');
  });

  it('leaves a username to who has it, however many want it at once', async () => {
    const users = await Promise.all([visitor(), visitor(), visitor()]);
    const answers = await Promise.all(
      users.map((user) => submit('/account/profile', { form: 'profile', username: 'only-one' }, user)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body).toContain('Somebody else has this username.');
  });

  it('keeps a language and a country that the lists do not have', async () => {
    const user = await visitor({ locale: 'de-AT-u-ca-buddhist', country: 'XK' });
    const { body } = await open('/account/profile', user);
    expect(body).toContain('<option value="de-AT-u-ca-buddhist" selected="">');
    expect(body).toContain('<option value="XK" selected="">');
  });
});

describe('the picture', () => {
  it('is uploaded without its metadata, shown, replaced and removed', async () => {
    const user = await visitor({ name: 'Ada Lovelace' });
    expect((await open('/account', user)).body).toContain('>AL</span>');
    expectLedTo(await upload('/account/avatar', images.jpegGps, user), '/account/profile?done=picture_saved');
    const { picture } = await me(user);
    expect((await open('/account', user)).body).toContain(`<img class="avatar" src="${picture}"`);
    const served = await exports.default.fetch(picture);
    expect(Buffer.from(await served.arrayBuffer()).toString('latin1')).not.toContain('Secret');
    expectLedTo(await submit('/account/avatar/remove', {}, user), '/account/profile?done=picture_removed');
    expect((await me(user)).picture).toBeNull();
    const { objects } = await env.AVATARS.list({ prefix: avatarPrefix(user.user.user.id) });
    expect(objects).toEqual([]);
  });

  it.each([
    ['text', 'hello', 422, 'Choose a PNG, JPEG or WebP picture.'],
    ['a script', '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', 422, 'Choose a PNG'],
    ['damaged', images.pngRgb.slice(0, 60), 422, 'This picture is damaged.'],
    ['animated', images.webpAnimated, 422, 'The picture must not be animated.'],
    ['nothing', '', 422, 'This is needed.'],
    ['a byte too large', new Uint8Array(2 * 1024 * 1024 + 1), 413, 'A picture can have at most 2 MB.'],
    ['far too large', new Uint8Array(2 * 1024 * 1024 + 8192), 413, 'A picture can have at most 2 MB.'],
  ] as const)('that is %s is refused, and the page says why', async (_, bytes, status, text) => {
    const user = await visitor();
    const answer = await upload('/account/avatar', bytes, user);
    expectPage(answer, status);
    expect(answer.body).toContain(text);
    expect((await me(user)).picture).toBeNull();
  });

  it('may be as large as a picture may be, and no other form may', async () => {
    const user = await visitor();
    const large = new Uint8Array(2 * 1024 * 1024);
    expectPage(await upload('/account/avatar', large, user), 422);
    for (const path of [
      '/account/profile',
      '/account/avatar/remove',
      '/account/security',
      '/account/avatar/',
    ]) {
      expect((await upload(path, new Uint8Array(70_000), user)).status, path).toBe(413);
    }
    expect(
      (await upload('/account/avatar', images.pngRgb, user, { headers: { 'content-type': 'text/plain' } }))
        .status,
    ).toBe(415);
  });
});

describe('the password', () => {
  const change = (user: Visitor, current_password: string, new_password: string) =>
    submit('/account/security', { form: 'password', current_password, new_password }, user);

  it('ends every other session, and keeps this one', async () => {
    const user = await visitor();
    const other = await cookieOf(user.user);
    expectLedTo(await change(user, PASSWORD, NEXT), '/account/security?done=password_changed');
    expect(await isSignedIn(other)).toBe(false);
    expect(await isSignedIn(user.cookie)).toBe(true);
    expect((await login(user.user.user.email, NEXT)).status).toBe(200);
    await mailTo(user.user.user.email, /password/i);
  });

  it('is refused for what is wrong, without showing any password again', async () => {
    const user = await visitor();
    const wrong = await change(user, 'not my password', NEXT);
    expectPage(wrong, 422);
    expect(wrong.body).toContain('This password is wrong.');
    expect(wrong.body).toContain('id="current_password-problem"');
    const weak = await change(user, PASSWORD, 'password1');
    expectPage(weak, 422);
    expect(weak.body).toContain('id="new_password-problem"');
    for (const { body } of [wrong, weak]) {
      for (const secret of ['not my password', NEXT, PASSWORD, 'password1'])
        expect(body).not.toContain(secret);
    }
    expect((await login(user.user.user.email)).status).toBe(200);
  });

  it('slows down who guesses', async () => {
    const user = await visitor();
    for (let n = 0; n < 5; n += 1) await change(user, 'wrong', NEXT);
    const answer = await change(user, PASSWORD, NEXT);
    expectPage(answer, 429);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  it('changes once when two change it at once', async () => {
    const user = await visitor();
    const answers = await Promise.all([change(user, PASSWORD, NEXT), change(user, PASSWORD, `${NEXT}!`)]);
    const won = answers.filter(({ status }) => status === 303);
    expect(won).toHaveLength(1);
    for (const { status } of answers) expect([303, 409, 422]).toContain(status);
  });

  it('is set by a link in a mail where there is none', async () => {
    const user = await visitor();
    await dropPassword(user);
    const { body } = await open('/account/security', user);
    expect(body).toContain('Your account has no password');
    expect(body).toContain('please set a password first');
    expectPage(await change(user, PASSWORD, NEXT), 422);
    expectLedTo(
      await submit('/account/security', { form: 'set_password' }, user),
      '/account/security?done=password_mailed',
    );
    const token = await tokenTo(user.user.user.email, /^Reset your/);
    await call('POST', '/v1/auth/password/reset', { body: { token, password: NEXT } });
    expect((await login(user.user.user.email, NEXT)).status).toBe(200);
  });
});

describe('the email address', () => {
  it('changes when the link at the new one is followed', async () => {
    const user = await visitor();
    const email = `${crypto.randomUUID()}@example.com`;
    const fields = { form: 'email', email: ` ${email.toUpperCase()}`, password: PASSWORD };
    expectLedTo(await submit('/account/security', fields, user), '/account/security?done=email_asked');
    expect((await open('/account/security', user)).body).not.toContain(email);
    const token = await tokenTo(email, /^Confirm your new/);
    await call('POST', '/v1/auth/email/verify', { body: { token } });
    expect((await open('/account/security', user)).body).toContain(email);
  });

  it('does not say that somebody has it', async () => {
    const [user, other] = [await visitor(), await register()];
    const ask = (email: string) =>
      submit('/account/security', { form: 'email', email, password: PASSWORD }, user);
    const [known, unknown] = [await ask(other.user.email), await ask(`${crypto.randomUUID()}@example.com`)];
    expect([known.status, known.headers.get('location'), known.body]).toEqual([
      unknown.status,
      unknown.headers.get('location'),
      unknown.body,
    ]);
  });

  it('is refused when it is none, or for a wrong password', async () => {
    const user = await visitor();
    const send = (email: string, password: string) =>
      submit('/account/security', { form: 'email', email, password }, user);
    const noAddress = await send('nonsense <b>', PASSWORD);
    expectPage(noAddress, 422);
    expect(noAddress.body).toContain('id="email-problem"');
    expect(noAddress.body).toContain('value="nonsense &lt;b&gt;"');
    const wrong = await send('ada@example.com', 'wrong');
    expectPage(wrong, 422);
    expect(wrong.body).toContain('id="password-problem"');
  });

  it('gets its link again', async () => {
    const user = await visitor({}, { verified: false });
    await mailTo(user.user.user.email, /^Welcome/);
    await submit('/account/security', { form: 'resend' }, user);
    const token = await tokenTo(user.user.user.email, /^Confirm your/);
    await call('POST', '/v1/auth/email/verify', { body: { token } });
    expect((await open('/account/security', user)).body).not.toContain('Send the link again');
  });
});

describe('the phone number', () => {
  const send = (user: Visitor, fields: Record<string, string>) => submit('/account/security', fields, user);

  it('is confirmed by a code', async () => {
    const number = '+442071838761';
    const user = await visitor({ phone_number: number });
    expect((await open('/account/security', user)).body).not.toContain('name="code"');
    expectLedTo(await send(user, { form: 'send_code' }), '/account/security?done=code_sent');
    expect((await open('/account/security?done=code_sent', user)).body).toContain('name="code"');
    const code = await codeTextedTo(number);
    const wrong = await send(user, { form: 'code', code: code === '000000' ? '000001' : '000000' });
    expectPage(wrong, 422);
    expect(wrong.body).toContain('This code is wrong or has expired.');
    expectPage(await send(user, { form: 'code', code: 'letters' }), 422);
    expectLedTo(
      await send(user, { form: 'code', code: ` ${code} ` }),
      '/account/security?done=phone_verified',
    );
    expect((await me(user)).phone_number_verified).toBe(true);
    expectPage(await send(user, { form: 'code', code }), 422);
  });

  it('is not confirmed where no texts go, or when there is none', async () => {
    const abroad = await visitor({ phone_number: '+33142278186' });
    const { body } = await open('/account/security?done=code_sent', abroad);
    expect(body).toContain('We cannot send text messages to this number.');
    expect(body).not.toContain('name="code"');
    expectPage(await send(abroad, { form: 'send_code' }), 422);
    const none = await visitor();
    for (const form of ['send_code', 'code']) expectPage(await send(none, { form, code: '123456' }), 409);
  });
});

describe('devices', () => {
  it('are listed, this one first, and end at the next click when they are signed out', async () => {
    const user = await visitor({ locale: 'de' });
    const phone = await cookieOf(user.user, { userAgent: SAFARI });
    const { body } = await open('/account/devices', { cookie: user.cookie });
    expect(body.indexOf('Dieses Gerät')).toBeLessThan(body.indexOf('Safari unter iOS'));
    expect(body).toContain('aria-label="Safari unter iOS abmelden"');
    const row = (await accountOf(user.user.user.id).listSessions()).find(
      ({ user_agent }) => user_agent === SAFARI,
    );
    const end = () => submit('/account/devices', { form: 'end', session: row?.id ?? '' }, user);
    expectLedTo(await end(), '/account/devices?done=session_ended');
    expectLedTo(await open('/account', { cookie: phone }), '/login?redirect_to=%2Faccount');
    expectLedTo(await end(), '/account/devices?done=session_ended');
    expect(await isSignedIn(user.cookie)).toBe(true);
  });

  it('end all at once but for this one', async () => {
    const user = await visitor();
    const others = [await cookieOf(user.user), await cookieOf(user.user)];
    expectLedTo(
      await submit('/account/devices', { form: 'end_others' }, user),
      '/account/devices?done=others_ended',
    );
    for (const cookie of others) expect(await isSignedIn(cookie)).toBe(false);
    expect((await open('/account/devices', user)).body).toContain('You are signed in nowhere else.');
    expect(await activityOf(user.user.user.id)).toContain('sessions_revoked');
  });

  it('of others are out of reach', async () => {
    const [user, victim] = [await visitor(), await visitor()];
    const [session] = await accountOf(victim.user.user.id).listSessions();
    await submit('/account/devices', { form: 'end', session: session?.id ?? '' }, user);
    expect(await isSignedIn(victim.cookie)).toBe(true);
  });
});

describe('the activity', () => {
  it('is told in the language of the reader, page by page', async () => {
    const user = await visitor({ locale: 'en-GB' });
    const { id, email } = user.user.user;
    await login(email, 'a wrong password');
    const at = Date.UTC(2026, 4, 17, 18, 5);
    await runInDurableObject(accountOf(id), (_, { storage }) => {
      for (let n = 0; n < 30; n += 1) {
        const type = n === 29 ? 'from_the_future' : 'password_changed';
        const sql = "INSERT INTO activity (at, type, country, user_agent) VALUES (?, ?, 'T1', ?)";
        storage.sql.exec(sql, at, type, SAFARI);
      }
    });
    const first = await open('/account/activity', user);
    expect(first.body.match(/<li class="pictured">/g)).toHaveLength(25);
    expect(first.body).toContain('from_the_future');
    expect(first.body).toContain('<strong>Password changed</strong>');
    expect(first.body).toContain('Safari on iOS · T1');
    expect(first.body).toContain(
      '<time datetime="2026-05-17T18:05:00.000Z" title="17 May 2026, 18:05 UTC">18:05 UTC</time>',
    );
    const older = /href="(\/account\/activity\?cursor=\d+)"/.exec(first.body)?.[1] as string;
    const second = await open(older, user, { 'accept-language': 'de' });
    expect(second.body).toContain('Account created');
    expect(second.body).toContain('Newest entries');
    expect(
      (await open('/account/activity', user, { cookie: `${user.cookie}; __Host-latchkey-language=de` })).body,
    ).toContain('Passwort geändert');
    for (const cursor of ['x', '-1', '9'.repeat(40), "1' OR 1"]) {
      expectPage(await open(`/account/activity?${new URLSearchParams({ cursor })}`, user));
    }
  });
});

describe('preferences', () => {
  const save = (user: Visitor, fields: Record<string, string>) =>
    submit('/account/preferences', { form: 'preferences', ...fields }, user);
  const kept = async ({ user }: Visitor) =>
    (await call('GET', '/v1/me/preferences', { token: user.access_token })).body;

  it('are followed by these pages, and leave alone what apps keep', async () => {
    const user = await visitor();
    const theirs = {
      default_model: 'large',
      list: [1, { a: null }],
      notifications: { digest: true },
      __proto__x: 1,
    };
    await call('PUT', '/v1/me/preferences', { token: user.user.access_token, body: theirs });
    const answer = await save(user, { language: 'de', theme: 'dark', product_news: 'on' });
    expectLedTo(answer, '/account/preferences?done=saved');
    expect(answer.headers.get('set-cookie')).toContain('__Host-latchkey-language=de');
    expect(await kept(user)).toEqual({
      ...theirs,
      notifications: { digest: true, product_news: true },
      language: 'de',
      theme: 'dark',
    });
    const { body } = await open('/account/profile', user);
    expect(body).toContain('<html lang="de" data-theme="dark">');
    expect(body).toContain('<meta name="color-scheme" content="dark"/>');
    const back = await save(user, { language: '', theme: 'system' });
    expect(back.headers.get('set-cookie')).toMatch(/__Host-latchkey-language=;.*Max-Age=0/);
    expect(await kept(user)).toEqual({
      ...theirs,
      notifications: { digest: true, product_news: false },
      theme: 'system',
    });
    expect((await open('/account', user)).body).toContain('<html lang="en">');
  });

  it('of two devices at once are both kept', async () => {
    const user = await visitor();
    const app = call('PUT', '/v1/me/preferences', {
      token: user.user.access_token,
      body: { default_model: 'large' },
    });
    await app;
    await Promise.all([save(user, { theme: 'dark' }), save(user, { theme: 'dark', product_news: 'on' })]);
    expect(await kept(user)).toMatchObject({ default_model: 'large', theme: 'dark' });
  });

  it('that are none are refused', async () => {
    const user = await visitor();
    expectPage(await save(user, { theme: 'purple' }), 422);
    expectPage(await save(user, { language: 'x'.repeat(50) }), 422);
    const body = { notes: 'x'.repeat(16 * 1024 - 14) };
    expect((await call('PUT', '/v1/me/preferences', { token: user.user.access_token, body })).status).toBe(
      200,
    );
    const full = await save(user, { theme: 'dark' });
    expectPage(full, 422);
    expect(full.body).toContain('Too much is stored already.');
    expect(await kept(user)).toEqual(body);
  });
});

describe('data', () => {
  it('is downloaded as the API gives it', async () => {
    const user = await visitor({ name: 'Ada' });
    const answer = await open('/account/data/export', user);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="account.json"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const same = await call('GET', '/v1/me/export', { token: user.user.access_token });
    expect(Object.keys(answer.body)).toEqual(Object.keys(same.body));
    expect(answer.body).toMatchObject({ user: { id: user.user.user.id, name: 'Ada' } });
  });

  it('goes with the account, after password and address', async () => {
    const user = await visitor();
    const { email, id } = user.user.user;
    const remove = (confirmation: string, delete_password: string) =>
      submit('/account/data', { form: 'delete', confirmation, delete_password }, user);
    expect((await remove('other@example.com', PASSWORD)).body).toContain('id="confirmation-problem"');
    expect((await remove(email, 'wrong')).body).toContain('id="delete_password-problem"');
    expect((await remove(email, '')).body).toContain('id="delete_password-problem"');
    expect(await isSignedIn(user.cookie)).toBe(true);
    const answer = await remove(` ${email.toUpperCase()} `, PASSWORD);
    expectLedTo(answer, '/account/deleted');
    expect(answer.headers.get('set-cookie')).toMatch(/__Host-latchkey=;.*Max-Age=0/);
    expect(await isSignedIn(user.cookie)).toBe(false);
    expect(await env.DB.prepare('SELECT 1 FROM users WHERE id = ?').bind(id).first()).toBeNull();
    expectPage(await open('/account/deleted'));
    await mailTo(email, /deleted/);
  });

  it('goes with an account without a password only soon after a sign-in', async () => {
    const user = await visitor();
    await dropPassword(user);
    const remove = () =>
      submit('/account/data', { form: 'delete', confirmation: user.user.user.email }, user);
    const { body } = await open('/account/data', user);
    expect(body).not.toContain('name="delete_password"');
    advance(11 * 60_000);
    const late = await remove();
    expectPage(late);
    expect(late.body).toContain('Please confirm that it is you');
    advance(-11 * 60_000);
    expectLedTo(await remove(), '/account/deleted');
  });

  it('is deleted once when two delete it at once', async () => {
    const user = await visitor();
    const fields = { form: 'delete', confirmation: user.user.user.email, delete_password: PASSWORD };
    const answers = await Promise.all([
      submit('/account/data', fields, user),
      submit('/account/data', fields, user),
    ]);
    for (const { status } of answers) expect(status).toBe(303);
    await mailTo(user.user.user.email, /deleted/);
    const mails = await receivedMails(user.user.user.email);
    expect(mails.filter(({ subject }) => /deleted/.test(subject))).toHaveLength(1);
  });
});

it('a page that was open when the account was suspended does nothing', async () => {
  const user = await visitor({ name: 'Ada' });
  await changeDirectory(user.user.user.id, { status: 'suspended' });
  const answer = await submit('/account/profile', { form: 'profile', name: 'Mallory' }, user);
  expectLedTo(answer, '/login?redirect_to=%2Faccount%2Fprofile');
  const row = await env.DB.prepare('SELECT name FROM users WHERE id = ?').bind(user.user.user.id).first();
  expect(row?.name).toBe('Ada');
});

function withoutForm<T extends { form: string }>({ form: _, ...rest }: T): Omit<T, 'form'> {
  return rest;
}
