import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readDocument } from '../../src/cli/guides/guide.ts';
import { inspect } from '../support/browser/browser.ts';
import { ClientApp } from '../support/browser/client-app.ts';
import { authenticatorsOf } from '../support/browser/visitor.ts';
import { blocksOf } from '../support/guides/blocks.ts';

// The elements of the guide, in pages whose policy lets nothing else in.

const EMAIL = 'ada@example.com';
const KEYED = 'grace@example.com';

let app: ClientApp;
let context: BrowserContext;
const scripts: Record<string, string> = {};

/** Of which the scripts are of this origin, and nothing is allowed but what the elements need. */
const policy = () =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `connect-src ${app.latchkey.origin}`,
    `frame-src ${app.latchkey.origin} 'self'`,
    "style-src 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

const guide = blocksOf(readDocument('src/docs/guides/typed-client.md'));
const textOf = (part: string) => guide.find(({ text }) => text.includes(part))?.text ?? '';
const ELEMENTS = textOf('<latchkey-sign-in');

/** Says on the page's own level what is wrong with it, before anything else runs. */
const LISTENING = `
window.told = [];
window.events = [];
addEventListener('securitypolicyviolation', ({ blockedURI, violatedDirective }) => told.push(violatedDirective + ' ' + blockedURI));
addEventListener('error', ({ message }) => told.push(message));
addEventListener('unhandledrejection', ({ reason }) => told.push(String(reason)));
for (const type of ['session', 'error', 'choose']) {
  addEventListener('latchkey-' + type, ({ detail }) => events.push([type, detail]));
}
`;

/** Elements whose handles are the test's. */
const PARTS = `
import { defineElements } from '@latchkey/client/elements';
import { LatchkeyError } from '@latchkey/client/browser';
${LISTENING}
const limits = (images, tokens) => ({ images: { day: images }, tokens: { month: tokens } });
const price = (price_id, unit_amount, months, currency = 'eur') => ({ price_id, unit_amount, months, currency });
const offers = [
  { id: 'free', name: 'Free', limits: limits(20, 100000), monthly_credits: 0, prices: [] },
  { id: 'pro', name: 'Pro', limits: limits(200, 5000000), monthly_credits: 1000, prices: [price('month', 2000, 1), price('year', 20050, 12)] },
  { id: 'team', name: 'Team', limits: limits(null, null), monthly_credits: 0, prices: [price('team', 99000, 1)] },
];
const resets_at = '2030-01-01T00:00:00Z';
const quota = { plan: 'pro', resources: {
  images: { limit: 200, used: 46, remaining: 154, period: 'day', resets_at },
  videos: { limit: 50, used: 45, remaining: 5, period: 'day', resets_at },
  messages: { limit: 100, used: 100, remaining: 0, period: 'day', resets_at },
  tokens: { limit: 5000000, used: 1234567, remaining: 3765433, period: 'month', resets_at },
  render_minutes: { limit: null, used: 12, remaining: null, period: 'day', resets_at },
} };
const listeners = new Set();
const asked = [];
const answers = {
  '/v1/plans': () => Response.json({ data: offers }),
  '/v1/me/quota': () => Response.json(quota),
  '/v1/me/subscription': () => Response.json({ plan: 'free', paid: null }),
  '/v1/billing/checkout': () => Response.json({ url: location.origin + '/checkout' }, { status: 201 }),
};
const user = { id: 'usr_1', name: 'Ada Lovelace', email: 'ada@example.com', emailVerified: true, picture: null };
let session = Promise.resolve({ user });
const latchkey = {
  issuer: location.origin + '/issuer',
  clientId: undefined,
  failure: null,
  session: () => session,
  onSession(listener) {
    listeners.add(listener);
    session.then((found) => listeners.has(listener) && listener(found), () => {});
    return () => listeners.delete(listener);
  },
  fetch: async (url, init) => {
    const path = new URL(url).pathname.replace('/issuer', '');
    asked.push([path, init?.body && JSON.parse(init.body)]);
    return answers[path]();
  },
  signIn: (sent) => (asked.push(['signIn', sent]), new Promise(() => {})),
  signUp: (sent) => (asked.push(['signUp', sent]), new Promise(() => {})),
  signOut: async () => tell(null),
};
const tell = (found) => {
  session = Promise.resolve(found);
  for (const listener of listeners) listener(found);
};
const fail = (error) => { session = Promise.reject(error); session.catch(() => {}); };
Object.assign(window, { answers, asked, fail, latchkey, LatchkeyError, listeners, tell, user });
const show = (name, attributes = {}) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.latchkey = latchkey;
  document.querySelector('main').append(element);
  return element;
};
window.show = show;
defineElements({ texts: { fr: { welcome: 'Bienvenue' }, en: { newHere: 'No account yet?' } } });
`;

beforeAll(async () => {
  app = await ClientApp.start(({ pathname, search }) => {
    if (pathname.endsWith('.js')) return { type: 'text/javascript', body: scripts[pathname.slice(1)] ?? '' };
    if (pathname.endsWith('.css')) {
      return {
        type: 'text/css',
        body: ':root { color-scheme: light dark; font-family: system-ui; } main { display: grid; gap: 24px; }',
      };
    }
    const [script, body] = pathsOf(pathname);
    const lang = new URLSearchParams(search).get('lang') ?? 'en';
    return {
      headers: { 'content-security-policy': policy() },
      body: `<!doctype html><html lang="${lang}"><meta name="viewport" content="width=device-width"><title>App</title>
<link rel="stylesheet" href="/app.css"><script src="/${script}" defer></script><main><h1>App</h1>${body}</main></html>`,
    };
  });
  const code = textOf("'@latchkey/client/elements'").replace('https://auth.example.com', app.latchkey.origin);
  scripts['cookie.js'] = await app.bundle(LISTENING + code, 'cookie.ts');
  const bare = `import { defineElements } from '@latchkey/client/elements'; defineElements();`;
  scripts['tokens.js'] = await app.bundle(LISTENING + bare, 'tokens.ts');
  scripts['parts.js'] = await app.bundle(PARTS, 'parts.js');
  await app.register(EMAIL, 'Ada');
  await app.register(KEYED, 'Grace Hopper');
});
afterAll(() => app?.stop());

function pathsOf(path: string): [script: string, body: string] {
  if (path === '/parts') return ['parts.js', ''];
  if (path === '/checkout' || path.startsWith('/issuer')) return ['none.js', ''];
  if (path.startsWith('/cookie')) return ['cookie.js', ELEMENTS.replace('"/welcome"', '"/cookie/welcome"')];
  const named = ` issuer="${app.latchkey.origin}" client-id="${app.clientId}" scope="openid profile email account"`;
  return ['tokens.js', ELEMENTS.replaceAll(/(<latchkey-[\w-]+)/g, `$1${named}`)];
}

beforeEach(async () => {
  context = await app.browser.newContext({ locale: 'en-GB', timezoneId: 'UTC' });
});
afterEach(() => context.close());

const told = (page: Page) => page.evaluate<string[]>('told');
const card = (page: Page) => page.locator('latchkey-sign-in');
const userButton = (page: Page) => page.locator('latchkey-user-button');

describe('by a cookie', () => {
  it('sign in and out, tell the page, and need nothing that a strict policy forbids', async () => {
    const page = await app.open(context, '/cookie');
    await card(page).getByRole('heading', { name: 'Welcome' }).waitFor();
    await page.getByText('Free', { exact: true }).first().waitFor();
    expect(await page.locator('latchkey-usage').getByRole('heading').count()).toBe(0);
    await inspect(page, 'elements-nobody');
    await card(page).getByRole('button', { name: 'Sign in', exact: true }).click();
    await app.fillIn(page, EMAIL);
    expect(page.url()).toBe(`${app.origin}/cookie/welcome`);
    await card(page).getByText('Signed in as Ada').waitFor();
    await page.locator('latchkey-usage').getByText('0 of 20 today').waitFor();
    await page.getByText('Your plan').waitFor();
    const sessions = await page.evaluate<[string, { user: { email: string } } | null][]>('events');
    expect(sessions.map(([type, detail]) => [type, detail?.user.email])).toEqual(
      Array(4).fill(['session', EMAIL]),
    );
    await inspect(page, 'elements-signed-in');
    await userButton(page).getByRole('button', { name: 'Account of Ada' }).click();
    await userButton(page).getByRole('button', { name: 'Sign out' }).click();
    await card(page).getByRole('heading', { name: 'Welcome' }).waitFor();
    expect(await told(page)).toEqual([]);
  });

  it('take a passkey without leaving the page', async () => {
    const page = await app.open(context, '/cookie');
    await (await authenticatorsOf(page)).plugIn();
    const byPasskey = card(page).getByRole('button', { name: 'Use a passkey' });
    await byPasskey.click();
    await card(page).getByRole('alert').getByText('No passkey was used.').waitFor();
    await card(page).getByRole('button', { name: 'Sign in', exact: true }).click();
    await app.fillIn(page, KEYED);
    await card(page).getByText('Signed in as Grace Hopper').waitFor();
    await page.evaluate(`(async () => {
      const { latchkey } = document.querySelector('latchkey-sign-in');
      await latchkey.addPasskey();
      await latchkey.signOut();
    })()`);
    await byPasskey.click();
    await card(page).getByText('Signed in as Grace Hopper').waitFor();
    expect(page.url()).toBe(`${app.origin}/cookie/welcome`);
  });
});

describe('by tokens', () => {
  it('sign in for all elements of the same attributes at once', async () => {
    const page = await app.open(context, '/');
    const tokens: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/oauth2/token')) tokens.push(request.url());
    });
    expect(await card(page).getByRole('button', { name: 'Use a passkey' }).count()).toBe(0);
    await card(page).getByRole('button', { name: 'Sign in', exact: true }).click();
    await app.fillIn(page, EMAIL);
    await card(page).getByText('Signed in as Ada').waitFor();
    await page.locator('latchkey-usage').getByText('0 of 20 today').waitFor();
    await page.getByText('Your plan').waitFor();
    expect(page.url()).toBe(`${app.origin}/welcome`);
    expect(tokens).toHaveLength(1);
    expect(await told(page)).toEqual([]);
  });

  it('say so when somebody has changed their mind', async () => {
    const page = await app.open(context, '/');
    await card(page).getByRole('button', { name: 'Create an account' }).click();
    await page.waitForURL((url) => url.origin === app.latchkey.origin);
    await page.goBack();
    const state = await page.evaluate<string>(
      `Object.keys(sessionStorage).find((name) => name.startsWith('latchkey cli_')).split(' ')[2]`,
    );
    const iss = encodeURIComponent(app.latchkey.origin);
    await page.goto(`${app.origin}/?error=access_denied&iss=${iss}&state=${state}`);
    await card(page).getByRole('alert').getByText('You have not signed in.').waitFor();
  });
});

describe('an element', () => {
  let page: Page;
  const run = <Result>(code: string) => page.evaluate<Result>(code);
  const show = (name: string, attributes: Record<string, string> = {}) =>
    run(`void (window.element = show('latchkey-${name}', ${JSON.stringify(attributes)}))`);
  const asked = () => run<[string, unknown][]>('asked');

  beforeEach(async () => {
    page = await app.open(context, '/parts');
  });
  afterEach(async () => {
    expect(await told(page)).toEqual([]);
  });

  it('says what has failed and what is so now, and listens no longer than it is there', async () => {
    await run('void fail(new Error())');
    await show('sign-in');
    await page.getByRole('alert').getByText('That did not work.').waitFor();
    await run('void tell(null)');
    await run('element.remove()');
    expect(await run('listeners.size')).toBe(0);
    await run(`document.querySelector('main').append(element)`);
    await page.getByRole('heading', { name: 'Welcome' }).waitFor();
    expect(await run('listeners.size')).toBe(1);
    expect(await run(`element.matches(':state(signed-out)')`)).toBe(true);
    await run('void tell({ user })');
    await page.getByText('Signed in as Ada Lovelace').waitFor();
    expect(await run(`element.matches(':state(signed-in)')`)).toBe(true);
  });

  it('says when the issuer cannot be reached', async () => {
    await run(`void fail(new LatchkeyError('network_error'))`);
    await show('sign-in');
    await page.getByRole('alert').getByText('There is no answer at the moment.').waitFor();
    expect(await run(`events.map(([type, { code }]) => [type, code])`)).toEqual([['error', 'network_error']]);
  });

  it('speaks the language of where it is, and the words of the app', async () => {
    await run('void tell(null)');
    await show('sign-in');
    await page.getByText('No account yet?').waitFor();
    await show('sign-in', { lang: 'de' });
    await page.getByRole('heading', { name: 'Willkommen' }).waitFor();
    await show('sign-in', { lang: 'fr-CA' });
    await page.getByRole('heading', { name: 'Bienvenue' }).waitFor();
    await run(`element.setAttribute('lang', 'de-AT')`);
    expect(await page.getByRole('heading', { name: 'Willkommen' }).count()).toBe(2);
    await run(`{
      const title = Object.assign(document.createElement('b'), { slot: 'title', textContent: 'Grüß Gott' });
      element.append(title);
    }`);
    await page.getByRole('heading', { name: 'Grüß Gott' }).waitFor();
  });

  it('opens its panel by keyboard, and closes it again', async () => {
    await show('user-button');
    await page.getByRole('button', { name: 'Account of Ada Lovelace' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Manage account' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await run('element.shadowRoot.activeElement.id')).toBe('account');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('link', { name: 'Manage account' }).isVisible()).toBe(false);
    expect(await run('element.shadowRoot.activeElement.id')).toBe('open');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await run('void tell({ user })');
    await page.getByRole('button', { name: 'Account of Ada Lovelace' }).click();
    await inspect(page, 'elements-panel');
  });

  it('shows the first letters where a picture is not allowed', async () => {
    await run(`void tell({ user: { ...user, picture: 'https://pictures.example/ada.png' } })`);
    await show('user-button');
    await page.waitForFunction('told.length > 0');
    const drawn = `getComputedStyle(element.shadowRoot.querySelector('.avatar'), '::before').content`;
    expect(await run(drawn)).toBe('"AL"');
    expect(await run('new Set(told.splice(0)).size')).toBe(1);
    expect(await run(`element.shadowRoot.querySelectorAll('img').length`)).toBe(0);
  });

  it('shows what is used, in the order that the page wants, and what is used up', async () => {
    await show('usage');
    await page.getByRole('meter', { name: 'Messages' }).waitFor();
    expect(await page.getByRole('meter', { name: 'Tokens' }).getAttribute('aria-valuetext')).toBe(
      '1,234,567 of 5,000,000 this month',
    );
    expect(await page.getByText('Used up').count()).toBe(1);
    await page.getByText('12 used, unlimited').waitFor();
    await inspect(page, 'elements-usage');
    await run(`element.setAttribute('resources', 'tokens images nothing')`);
    expect(await page.getByRole('listitem').allTextContents()).toEqual([
      expect.stringMatching(/^Tokens/),
      expect.stringMatching(/^Images/),
    ]);
    await run(`void (answers['/v1/me/quota'] = () => Response.json({ plan: 'pro', resources: {} }))`);
    await run('element.refresh()');
    expect(await page.getByRole('listitem').count()).toBe(0);
    await run(
      `void (answers['/v1/me/quota'] = () => Response.json({ code: 'insufficient_scope' }, { status: 403 }))`,
    );
    await run('element.refresh()');
    await page.getByRole('alert').getByText('That did not work.').waitFor();
    await run('void tell(null)');
    expect(await page.getByRole('heading', { name: 'Usage' }).count()).toBe(0);
  });

  it('shows plans by how often they are paid, and the user’s own', async () => {
    await show('plans');
    await page.getByText('Your plan').waitFor();
    await inspect(page, 'elements-plans');
    const prices = () => page.locator('[part=price]').allTextContents();
    expect(await prices()).toEqual(['€0', '€20 a month', '€990 a month']);
    await page.getByRole('radio', { name: 'Monthly' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await prices()).toEqual(['€0', '€200.50 a year', '€990 a month']);
    expect(await run('element.shadowRoot.activeElement.id')).toBe('months-12');
    await page.getByText('Tokens: unlimited').waitFor();
    await run(`element.setAttribute('lang', 'de')`);
    expect((await prices())[1]?.replace(/\s/g, ' ')).toBe('200,50 € im Jahr');
  });

  it('leaves for the checkout, and for the account’s pages where that is refused', async () => {
    await show('plans', { 'return-to': '/bought' });
    const choose = (name: string) => page.getByRole('button', { name: `Choose ${name}` }).click();
    await choose('Pro');
    await page.waitForURL(`${app.origin}/checkout`);
    await page.goBack();
    await show('plans', { 'return-to': '/bought' });
    await run(
      `addEventListener('beforeunload', () => sessionStorage.setItem('asked', JSON.stringify(asked)))`,
    );
    await run(
      `void (answers['/v1/billing/checkout'] = () => Response.json({ code: 'subscription_exists' }, { status: 409 }))`,
    );
    await choose('Team');
    await page.waitForURL(`${app.origin}/issuer/account/billing`);
    const sent = JSON.parse(await run<string>(`sessionStorage.getItem('asked')`));
    expect(sent.at(-1)).toEqual([
      '/v1/billing/checkout',
      { price_id: 'team', success_url: `${app.origin}/bought`, cancel_url: `${app.origin}/parts` },
    ]);
    await run('void (window.told = [])');
  });

  it('stays where Stripe is away, or where the page takes the choice into its own hands', async () => {
    await show('plans');
    const pro = page.getByRole('button', { name: 'Choose Pro' });
    await pro.waitFor();
    await run(
      `void (answers['/v1/billing/checkout'] = () => Response.json({ code: 'service_unavailable' }, { status: 503 }))`,
    );
    await pro.click();
    await page.getByRole('alert').getByText('That did not work.').waitFor();
    await run(`element.addEventListener('latchkey-choose', (event) => event.preventDefault())`);
    const before = (await asked()).length;
    await pro.click();
    expect((await asked()).length).toBe(before);
    expect(await run('events.at(-1)')).toEqual(['choose', { plan: 'pro', priceId: 'month' }]);
  });

  it('has who is not signed in register first', async () => {
    await run('void tell(null)');
    await show('plans', { 'return-to': '/pricing' });
    await page.getByRole('button', { name: 'Get started' }).click();
    expect((await asked()).at(-1)).toEqual(['signUp', { returnTo: `${app.origin}/pricing` }]);
    expect((await asked()).map(([path]) => path)).not.toContain('/v1/me/subscription');
  });
});
