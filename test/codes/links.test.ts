import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { responsesAreOver } from '../support/after-response.ts';
import {
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  login,
  ORIGIN,
  PASSWORD,
  register,
  registerVerified,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { withApp } from '../support/factors.ts';
import { linkIn, mailTo } from '../support/mail.ts';
import { cookiesOf, submit, visit } from '../support/pages.ts';
import { receivedMails } from '../support/peers/mailbox.ts';
import { activityOf } from '../support/projection.ts';

const MINUTE = 60_000;
const SUBJECT = /^Sign in to/;

/** A browser, which keeps the cookies that it gets. */
class Browser {
  #cookies = new Map<string, string>();
  headers(): Record<string, string> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return { origin: ORIGIN, ...(cookie && { cookie }) };
  }
  keep<Given extends { headers: Headers }>(answer: Given): Given {
    for (const one of cookiesOf(answer as never)
      .split('; ')
      .filter(Boolean)) {
      const at = one.indexOf('=');
      this.#cookies.set(one.slice(0, at), one.slice(at + 1));
    }
    return answer;
  }
  async post(path: string, body: object, realm?: string) {
    return this.keep(await call('POST', path, { realm, body, headers: this.headers() }));
  }
  async ask(email: string, more: object = {}, realm?: string) {
    const sent = await this.post('/v1/auth/link/send', { email, session_cookie: true, ...more }, realm);
    await responsesAreOver();
    return sent;
  }
  open(token: string, realm?: string) {
    return this.post('/v1/auth/link/open', { token, session_cookie: true }, realm);
  }
  confirm(email: string, challenge_id: string, number: string, more: object = {}) {
    return this.post('/v1/auth/link/confirm', { email, challenge_id, number, session_cookie: true, ...more });
  }
  async visit(path: string) {
    return this.keep(await visit(path, { headers: this.headers() }));
  }
  async submit(path: string, fields: Record<string, string>) {
    return this.keep(await submit(path, fields, { headers: this.headers() }));
  }
}

const linkTo = async (email: string, nth = 1) => linkIn(await mailTo(email, SUBJECT, nth));
const tokenOf = (link: URL) => link.searchParams.get('token') as string;
const other = (number: string) => String((Number(number) + 1) % 1_000_000).padStart(6, '0');

describe('a link', () => {
  it('signs in the browser that has asked for it, once', async () => {
    const { user } = await registerVerified();
    const browser = new Browser();
    const sent = await browser.ask(user.email, { redirect_to: '/account/security' });
    expect([sent.status, sent.body]).toEqual([
      202,
      { status: 'accepted', challenge_id: expect.any(String), resend_after: 60 },
    ]);
    const link = await linkTo(user.email);
    expect(link.pathname).toBe('/login/link');
    expect(link.searchParams.get('redirect_to')).toBe('/account/security');
    expect(link.href).not.toContain(user.email.slice(0, 8));
    const answer = await browser.open(tokenOf(link));
    expect(answer.body).toMatchObject({ user: { id: user.id } });
    expect(answer.body).not.toHaveProperty('refresh_token');
    const session = await call('GET', '/v1/auth/session', { token: answer.body.access_token });
    expect(session.body).toMatchObject({ user_id: user.id, amr: ['otp'], acr: 'aal1' });
    expectProblem(await browser.open(tokenOf(link)), 400, 'invalid_link');
    expect(await activityOf(user.id)).toEqual(['registered', 'signed_in']);
  });

  it('of two that use it at once signs one in', async () => {
    const { user } = await registerVerified();
    const browser = new Browser();
    await browser.ask(user.email);
    const token = tokenOf(await linkTo(user.email));
    const answers = await Promise.all([1, 2, 3].map(() => browser.open(token)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400]);
  });

  it('elsewhere shows a number, by which the first browser is signed in, and nobody else', async () => {
    const { user } = await registerVerified();
    const [asking, opening, third] = [new Browser(), new Browser(), new Browser()];
    const { challenge_id } = (await asking.ask(user.email)).body;
    const token = tokenOf(await linkTo(user.email));
    const shown = await opening.open(token);
    expect(shown.body).toEqual({
      status: 'confirmation_required',
      number: expect.stringMatching(/^\d{6}$/),
    });
    const { number } = shown.body;
    expect((await call('GET', '/v1/auth/session', { headers: opening.headers() })).status).toBe(401);
    // Its reader may reload; whoever else has the mail is too late.
    expect((await opening.open(token)).body.number).toBe(number);
    expectProblem(await third.open(token), 400, 'invalid_link');
    // Who knows all of it puts nobody into another browser.
    expectProblem(await third.confirm(user.email, challenge_id, number), 401, 'invalid_code');
    const answer = await asking.confirm(
      user.email,
      challenge_id,
      ` ${number.slice(0, 3)} ${number.slice(3)}`,
    );
    expect(answer.body).toMatchObject({ user: { id: user.id } });
    expectProblem(await asking.confirm(user.email, challenge_id, number), 401, 'invalid_code');
    expectProblem(await opening.open(token), 400, 'invalid_link');
  });

  it('that an app has asked for, which keeps no cookie, goes by the number too', async () => {
    const { user } = await registerVerified();
    const sent = await call('POST', '/v1/auth/link/send', { body: { email: user.email } });
    await responsesAreOver();
    const { number } = (await new Browser().open(tokenOf(await linkTo(user.email)))).body;
    const body = { email: user.email, challenge_id: sent.body.challenge_id, number };
    const answer = await call('POST', '/v1/auth/link/confirm', { body });
    expect(answer.body).toMatchObject({ user: { id: user.id }, refresh_token: expect.any(String) });
  });

  it('takes five numbers, of a hundred at once, and none before it is opened', async () => {
    const { user } = await registerVerified();
    const asking = new Browser();
    const { challenge_id } = (await asking.ask(user.email)).body;
    const codes = env.ONE_TIME_CODE.get(env.ONE_TIME_CODE.idFromName(`default:email:${user.email}`));
    const drawn = await runInDurableObject(codes, (_, { storage }) => {
      const { challenges } = storage.kv.get('state') as { challenges: { code: string }[] };
      return challenges[0]?.code as string;
    });
    expectProblem(await asking.confirm(user.email, challenge_id, drawn), 401, 'invalid_code');
    const token = tokenOf(await linkTo(user.email));
    const { number } = (await new Browser().open(token)).body;
    expect(number).toBe(drawn);
    const guesses = await Promise.all(
      Array.from({ length: 100 }, () => asking.confirm(user.email, challenge_id, other(number))),
    );
    expect(new Set(guesses.map(({ body }) => body.code)).size).toBe(1);
    expectProblem(await asking.confirm(user.email, challenge_id, number), 401, 'invalid_code');
  });

  it('is over after ten minutes, in another realm, with another key, and for a code that is guessed', async () => {
    const { user } = await registerVerified();
    await createRealm('linked');
    const browser = new Browser();
    const { challenge_id } = (await browser.ask(user.email)).body;
    const token = tokenOf(await linkTo(user.email));
    expectProblem(await browser.open(token, 'linked'), 400, 'invalid_link');
    expectProblem(await browser.open(`${token.slice(0, -2)}xx`), 400, 'invalid_link');
    expectProblem(await browser.open('nonsense'), 400, 'invalid_link');
    const guesses = Array.from({ length: 20 }, (_, n) =>
      call('POST', '/v1/auth/otp/verify', {
        body: { channel: 'email', to: user.email, code: String(n).padStart(6, '0'), challenge_id },
      }),
    );
    for (const guess of await Promise.all(guesses)) expectProblem(guess, 401, 'invalid_code');
    advance(10 * MINUTE);
    expectProblem(await browser.open(token), 400, 'invalid_link');
  });

  it('answers alike for an address that nobody has, and mails nothing', async () => {
    const nobody = `${crypto.randomUUID()}@example.com`;
    const { user } = await registerVerified();
    const browser = new Browser();
    const [known, unknown] = [await browser.ask(user.email), await browser.ask(nobody)];
    const shape = ({ status, body }: typeof known) => [status, Object.keys(body), body.resend_after];
    expect(shape(unknown)).toEqual(shape(known));
    expect(await receivedMails(nobody)).toEqual([]);
    const again = [await browser.ask(user.email), await browser.ask(nobody)];
    expect(again.map(({ body }) => body.challenge_id)).toEqual([
      known.body.challenge_id,
      unknown.body.challenge_id,
    ]);
  });

  it('is within the budget of codes: one a minute, of whatever kind', async () => {
    const { user } = await registerVerified();
    advance(0);
    const browser = new Browser();
    await browser.ask(user.email);
    await browser.ask(user.email);
    await call('POST', '/v1/auth/otp/send', { body: { channel: 'email', to: user.email } });
    await responsesAreOver();
    await mailTo(user.email, SUBJECT);
    advance(MINUTE);
    await browser.ask(user.email);
    // The same link once more: none that works is replaced.
    const [first, second] = [await linkTo(user.email), await linkTo(user.email, 2)];
    expect((await receivedMails(user.email)).filter(({ subject }) => /^Your code/.test(subject))).toEqual([]);
    expect((await browser.open(tokenOf(first))).status).toBe(200);
    expectProblem(await browser.open(tokenOf(second)), 400, 'invalid_link');
  });

  it('is refused for who is suspended, and asks for the second factor of who has one', async () => {
    const { user } = await registerVerified();
    const browser = new Browser();
    await browser.ask(user.email);
    const token = tokenOf(await linkTo(user.email));
    await changeDirectory(user.id, { status: 'suspended' });
    expectProblem(await browser.open(token), 403, 'account_suspended');

    const { user: careful } = await withApp();
    const second = new Browser();
    await second.ask(careful.user.email);
    const answer = await second.open(tokenOf(await linkTo(careful.user.email)));
    expect(answer.body).toMatchObject({ mfa_required: true, methods: expect.arrayContaining(['totp']) });
  });

  it('gives an account whose address was never proven to the owner of the mailbox', async () => {
    const { user } = await register();
    const browser = new Browser();
    await browser.ask(user.email);
    const answer = await browser.open(tokenOf(await linkTo(user.email)));
    expect(answer.body.user).toMatchObject({ id: user.id, email_verified: true });
    expectProblem(await login(user.email, PASSWORD), 401, 'invalid_credentials');
  });

  it('leads nowhere that the realm has not allowed, and takes forms of our own pages only', async () => {
    const body = { email: 'somebody@example.com', redirect_to: 'https://evil.example/' };
    expectProblem(await call('POST', '/v1/auth/link/send', { body }), 400, 'redirect_not_allowed');
    for (const path of ['send', 'open', 'confirm']) {
      const fields = {
        send: { email: 'a@example.com' },
        open: { token: 'x' },
        confirm: { email: 'a@example.com', challenge_id: crypto.randomUUID(), number: '000000' },
      }[path];
      const foreign = await call('POST', `/v1/auth/link/${path}`, {
        headers: { origin: 'https://evil.example' },
        body: { ...fields, session_cookie: true },
      });
      expectProblem(foreign, 403, 'origin_not_allowed');
    }
  });
});

describe('on the pages', () => {
  it('looking at a link spends nothing, and its button signs in and leads on', async () => {
    const { user } = await registerVerified();
    const browser = new Browser();
    const page = await browser.visit('/login?redirect_to=/account/devices');
    expect(page.body).toContain('Email me a link');
    const sent = await browser.submit('/login/link?redirect_to=/account/devices', { email: user.email });
    expect(sent.body).toContain('Check your email');
    await responsesAreOver();
    const link = await linkTo(user.email);
    const path = link.pathname + link.search;
    // A scanner, which has no cookies, and the reader.
    const scanner = new Browser();
    for (let n = 0; n < 3; n += 1) expect((await scanner.visit(path)).body).toContain('Show the number');
    expect((await browser.visit(path)).body).toContain('You asked for this link in this browser');
    const answer = await browser.submit(path, {});
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${ORIGIN}/account/devices`]);
    expect((await browser.visit(path)).status).toBe(410);
    expect((await browser.submit(path, {})).status).toBe(410);
  });

  it('on another device the number is shown, and entered in the first browser', async () => {
    const { user } = await registerVerified();
    const [asking, opening] = [new Browser(), new Browser()];
    const sent = await asking.submit('/login/link', { email: user.email });
    const challenge = /name="challenge" value="([^"]+)"/.exec(sent.body)?.[1] as string;
    await responsesAreOver();
    const { pathname, search } = await linkTo(user.email);
    await opening.visit(pathname + search);
    const shown = await opening.submit(pathname + search, {});
    const number = /class="shown"[^>]*>(\d{6})</.exec(shown.body)?.[1] as string;
    const wrong = await asking.submit('/login/link', { email: user.email, challenge, number: other(number) });
    expect([wrong.status, wrong.body]).toEqual([422, expect.stringContaining('wrong or has expired')]);
    const answer = await asking.submit('/login/link', { email: user.email, challenge, number });
    expect(answer.headers.get('location')).toBe('/account');
    const session = await call('GET', '/v1/auth/session', { headers: asking.headers() });
    expect(session.body.user_id).toBe(user.id);
  });

  it('the page that waits learns of a sign-in in its browser, and of nothing else', async () => {
    const [known, unknown] = [(await registerVerified()).user.email, 'nobody.waits@example.com'];
    const [browser, stranger] = [new Browser(), new Browser()];
    const awaits = async (email: string, by: Browser) => {
      const sent = await by.submit('/login/link', { email });
      expect(sent.headers.get('content-security-policy')).toContain("connect-src 'self'; ");
      return /data-awaits="([^"]+)"/.exec(sent.body)?.[1] as string;
    };
    const path = await awaits(known, browser);
    const other = await awaits(unknown, stranger);
    expect([path, other]).toEqual(['/login/link/awaited', '/login/link/awaited']);
    const ask = async (by: Browser, at: string) => (await by.visit(at)).body as unknown;
    await responsesAreOver();
    const link = await linkTo(known);
    expect(await ask(browser, path)).toEqual({ signed_in_at: null });
    await new Browser().submit(link.pathname + link.search, {});
    // Nor does it say that somebody has opened it elsewhere: that there is an account would be told with that.
    expect(await ask(browser, path)).toEqual({ signed_in_at: null });
    expect(await ask(stranger, other)).toEqual({ signed_in_at: null });
    await browser.submit('/login', { identifier: known, password: PASSWORD });
    expect(await ask(browser, path)).toEqual({ signed_in_at: expect.any(Number) });
    expect(await ask(stranger, path)).toEqual({ signed_in_at: null });
  });

  it('say in German what they say in English', async () => {
    const page = await visit('/login/link?ui_locales=de');
    expect(page.body).toContain('Mit einem Link anmelden');
  });
});
