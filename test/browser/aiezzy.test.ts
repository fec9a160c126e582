import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';
import { freePort } from '../support/free-port.ts';
import { oauthVariables, startOAuth } from '../support/peers/oauth.ts';

/** The scripts of AIezzy's document, as they stand there. */
const SCRIPTS = `
async function loadQuota() {
    const response = await fetch('/api/v2/quota/status', {
        headers: {
            'Authorization': \`Bearer \${localStorage.getItem('session_token')}\`
        }
    });

    const quota = await response.json();

    // Display quota
    document.getElementById('images-used').textContent = quota.usage.image;
    document.getElementById('images-limit').textContent = quota.limits.images;

    // Show warning if low
    if (quota.remaining.image < 5) {
        showWarning('You have only ' + quota.remaining.image + ' images remaining today!');
    }
}

async function generateImage(prompt) {
    // Check quota first
    const quota = await fetch('/api/v2/quota/status').then(r => r.json());

    if (quota.remaining.image <= 0) {
        alert('Daily image limit reached! Upgrade to Pro for more.');
        return;
    }

    // Proceed with generation
    const response = await fetch('/api/chat', {
        method: 'POST',
        body: JSON.stringify({ message: 'generate image: ' + prompt }),
        headers: { 'Content-Type': 'application/json' }
    });

    // Refresh quota after generation
    loadQuota();
}

function loginWithGoogle() {
    window.location.href = '/api/oauth/login/google';
}

function loginWithGitHub() {
    window.location.href = '/api/oauth/login/github';
}
`;

/** The product's page, on the host that it shares with Latchkey. */
const PAGE = `<!doctype html><title>AIezzy</title>
<div class="oauth-login">
    <button onclick="loginWithGoogle()">
        <img src="/static/google-icon.png" /> Sign in with Google
    </button>
    <button onclick="loginWithGitHub()">
        <img src="/static/github-icon.png" /> Sign in with GitHub
    </button>
</div>
<p><output id="images-used"></output> of <output id="images-limit"></output></p><p role="alert"></p>
<script>
const showWarning = (text) => { document.querySelector('[role=alert]').textContent = text; };
${SCRIPTS}</script>`;

const SERVICE_KEY = 'YnJvd3NlcnMtb25seS1ub3QtYS1rZXktYXQtYWxsIQ';

let latchkey: Latchkey;
let browser: Browser;
let oauth: Awaited<ReturnType<typeof startOAuth>>;
let page: Page;
/** What `/api/chat` was asked. */
let chats: unknown[];

beforeAll(async () => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  oauth = await startOAuth([origin]);
  const variables = {
    ...oauthVariables(oauth.peers),
    INTERNAL_API_KEY: SERVICE_KEY,
    GOOGLE_REDIRECT_URI: `${origin}/api/oauth/callback/google`,
  };
  [latchkey, browser] = await Promise.all([startLatchkey(variables, port), launchBrowser()]);
});

afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close(), oauth?.stop()]);
});

beforeEach(async () => {
  const context = await browser.newContext();
  page = await context.newPage();
  chats = [];
  await page.route(`${latchkey.origin}/`, (route) => route.fulfill({ contentType: 'text/html', body: PAGE }));
  await page.route(`${latchkey.origin}/static/*`, (route) => route.fulfill({ status: 204 }));
  // The product's own: it makes an image and has Latchkey count it.
  await page.route(`${latchkey.origin}/api/chat`, async (route) => {
    chats.push(route.request().postDataJSON());
    await use(await me(), 1);
    await route.fulfill({ json: { response: 'Here it is' } });
  });
  await page.goto(`${latchkey.origin}/`);
});

const run = (script: string) => page.evaluate(script);
const shown = () => page.locator('p').first().textContent();
const warning = () => page.getByRole('alert').textContent();

async function me(): Promise<string> {
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const answer = await fetch(`${latchkey.origin}/v1/me`, { headers: { cookie } });
  return ((await answer.json()) as { id: string }).id;
}

async function use(user_id: string, quantity: number): Promise<void> {
  const answer = await fetch(`${latchkey.origin}/v1/usage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': SERVICE_KEY },
    body: JSON.stringify({ user_id, resource: 'images', quantity }),
  });
  expect(answer.status).toBe(200);
}

/** Sends what the document shows from the page, and keeps the session token as its first script expects. */
const send = (path: string, body: object) =>
  run(`(async () => {
    const response = await fetch('${path}', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '${JSON.stringify(body)}',
    });
    const answer = await response.json();
    localStorage.setItem('session_token', answer.session_token);
    return response.status;
  })()`);

it('the scripts of the document show the quota and hold to it', async () => {
  const credentials = { email: 'user@example.com', password: 'secure_password' };
  expect(await send('/api/v2/register', { ...credentials, full_name: 'John Doe' })).toBe(201);
  await run('loadQuota()');
  expect([await shown(), await warning()]).toEqual(['0 of 20', '']);
  await use(await me(), 15);

  await page.context().clearCookies();
  await run('loadQuota()');
  expect([await shown(), await warning()]).toEqual(['15 of 20', '']);
  expect(await send('/api/v2/login', { username: credentials.email, password: credentials.password })).toBe(
    200,
  );
  for (const left of [4, 3, 2, 1, 0]) {
    await run("generateImage('a cat')");
    await expect.poll(warning).toBe(`You have only ${left} images remaining today!`);
  }
  expect(chats).toEqual(Array(5).fill({ message: 'generate image: a cat' }));
  const alert = page.waitForEvent('dialog');
  const refused = run("generateImage('a dog')");
  expect((await alert).message()).toBe('Daily image limit reached! Upgrade to Pro for more.');
  await (await alert).dismiss();
  await refused;
  expect(chats).toHaveLength(5);
});

it.each([
  ['Google', 'user01@gmail.example'],
  ['GitHub', 'user01'],
])('the button of %s signs in and comes back', async (provider, account) => {
  await page.getByRole('button', { name: `Sign in with ${provider}` }).click();
  await page.getByRole('button', { name: account }).first().click();
  // Routes take no request that a redirect leads to: the root is Latchkey's own then, and leads on.
  await page.waitForURL(`${latchkey.origin}/account`);
  await page.goto(`${latchkey.origin}/`);
  await run('loadQuota()');
  expect(await shown()).toBe('0 of 20');
  await run("generateImage('a cat')");
  await expect.poll(shown).toBe('1 of 20');
});
