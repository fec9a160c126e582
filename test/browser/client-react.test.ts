import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import type { ReactElement } from 'react';
import { renderToString } from 'react-dom/server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readDocument } from '../../src/cli/guides/guide.ts';
import { ClientApp } from '../support/browser/client-app.ts';
import { blocksOf } from '../support/guides/blocks.ts';

// The app of the guide, rendered on a server and hydrated in a browser.

const EMAIL = 'ada@example.com';
const NEXT = 'alan@example.com';
const ISSUER = 'https://auth.example.com';
const MODES = ['cookie', 'tokens'] as const;
const HOME = { cookie: '/cookie', tokens: '/' };

let app: ClientApp;
let context: BrowserContext;
const rendered: Record<string, string> = {};
const scripts: Record<string, string> = {};

/** The app of the guide; by tokens it names a client. */
function guideApp(mode: (typeof MODES)[number]): string {
  const guide = readDocument('src/docs/guides/typed-client.md');
  const block = blocksOf(guide).find(({ text }) => text.includes("'@latchkey/client/react'"));
  const named = `clientId="${app.clientId}" scope="openid profile email account"`;
  return (block?.text ?? '')
    .replace(`issuer="${ISSUER}"`, `issuer="${app.latchkey.origin}" ${mode === 'tokens' ? named : ''}`)
    .replace(`returnTo: '/'`, `returnTo: '${HOME[mode]}'`);
}

/** A page of one component, whose handle is the test's. */
const PARTS = `
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { LatchkeyError, LatchkeyProvider, useLatchkeyError, useQuota, useSession } from '@latchkey/client/react';
const [listeners, answers, shown] = [new Set(), [], []];
let fail;
const session = new Promise((_, reject) => (fail = reject));
const latchkey = {
  issuer: 'https://auth.example.com',
  failure: null,
  session: () => session,
  onSession: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
  fetch: () => new Promise((answer) => answers.push(answer)),
};
const tell = (id) => listeners.forEach((listener) => listener(id && { user: { id } }));
function Shown() {
  const [session, error, quota] = [useSession(), useLatchkeyError(), useQuota()];
  window.refresh = quota.refresh;
  shown.push({
    session: session && session.user.id,
    quota: quota.quota && quota.quota.plan,
    ...(error && { error: error.code }),
    ...(quota.error && { quotaError: quota.error.code }),
  });
  return null;
}
const mount = () => {
  window.root = createRoot(document.getElementById('root'));
  root.render(<StrictMode><LatchkeyProvider latchkey={latchkey}><Shown /></LatchkeyProvider></StrictMode>);
};
Object.assign(window, { answers, fail, LatchkeyError, listeners, mount, shown, tell });
mount();
`;

/** A page on which one chooses the organization that one acts for. */
const TEAMS = `
import { createRoot } from 'react-dom/client';
import { LatchkeyProvider, useLatchkey, useOrganization, useSession } from '@latchkey/client/react';
function Teams() {
  const [{ signIn, fetch, issuer }, session] = [useLatchkey(), useSession()];
  const { choose, error, membership, memberships, refresh } = useOrganization();
  if (!session) return session === null && <button onClick={() => signIn()}>Sign in</button>;
  const make = async () => {
    const body = JSON.stringify({ name: 'Engines' });
    await fetch(issuer + '/v1/organizations', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    await refresh();
  };
  return <>
    <p>{error ? error.code : membership ? membership.organization.name + ' as ' + membership.role : membership === null && 'Alone'}</p>
    {memberships?.map(({ organization: { id, name } }) => <button key={id} onClick={() => choose(id)}>{name}</button>)}
    <button onClick={make}>Make one</button> <button onClick={() => choose(null)}>Go alone</button>
  </>;
}
createRoot(document.getElementById('root')).render(<LatchkeyProvider issuer="ISSUER"><Teams /></LatchkeyProvider>);
`;

beforeAll(async () => {
  app = await ClientApp.start(({ pathname }) => {
    if (pathname === '/parts' || pathname === '/teams') {
      return {
        body: `<!doctype html><title>App</title><div id="root"></div><script>${scripts[pathname.slice(1)]}</script>`,
      };
    }
    const mode = pathname.startsWith('/cookie') ? 'cookie' : 'tokens';
    return {
      body: `<!doctype html><html lang="en"><title>App</title><div id="root">${rendered[mode]}</div><div id="late">${rendered[mode]}</div>
<script>window.told = []; console.error = (...said) => told.push(String(said[0]));</script>
<script>${scripts[mode]}</script></html>`,
    };
  });
  for (const mode of MODES) {
    app.consumer.write(`${mode}.tsx`, guideApp(mode));
    const node = await app.forNode(guideApp(mode), `${mode}-node`);
    const { App } = (await import(pathToFileURL(node).href)) as { App: () => ReactElement };
    rendered[mode] = renderToString(App());
    scripts[mode] = await app.bundle(
      `import { StrictMode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { App } from './${mode}.tsx';
const onRecoverableError = (error) => told.push('recovered: ' + error.message);
window.hydrate = (id) => hydrateRoot(document.getElementById(id), <StrictMode><App /></StrictMode>, { onRecoverableError });
hydrate('root');`,
      `${mode}-page.tsx`,
    );
  }
  scripts.parts = await app.bundle(PARTS, 'parts.tsx');
  scripts.teams = await app.bundle(TEAMS.replace('ISSUER', app.latchkey.origin), 'teams.tsx');
  await app.register(EMAIL, 'Ada');
  await app.register(NEXT, 'Alan');
});
afterAll(() => app?.stop());

beforeEach(async () => {
  context = await app.browser.newContext({ locale: 'en-GB' });
});
afterEach(() => context.close());

const signIn = async (page: Page, email = EMAIL) => {
  await page.getByRole('button', { name: 'Sign in' }).click();
  await app.fillIn(page, email);
};
/** Presses the button, and waits for the page to be there again. */
const signOut = async (page: Page, home: string) => {
  const isBack = page.waitForResponse(
    (answer) => answer.url() === app.origin + home && answer.request().isNavigationRequest(),
  );
  await page.getByRole('button', { name: 'Sign out' }).click();
  await isBack;
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
};
const told = (page: Page) => page.evaluate<string[]>('told');

describe('on a server', () => {
  it('says that it is for clients, before all else', () => {
    const built = readFileSync(join(app.consumer.built, 'react.js'), 'utf8');
    expect(built).toMatch(/^'use client';/);
  });

  it('renders nobody, and asks nobody', () => {
    expect(rendered).toEqual({ cookie: '', tokens: '' });
  });
});

describe.each(MODES)('with a session by %s', (mode) => {
  const home = HOME[mode];

  it('is hydrated as it was rendered, signs in, shows quota, and signs out in all tabs', async () => {
    const page = await app.open(context, home);
    await signIn(page);
    await page.getByText('Ada has 20 images left.').waitFor();
    const other = await app.open(context, home);
    await other.getByText('Ada has 20 images left.').waitFor();
    // A part of the page that is hydrated when it is known already who is there.
    await other.evaluate(`hydrate('late')`);
    await other.locator('#late').getByText('Ada has 20 images left.').waitFor();
    await signOut(page, home);
    await other.locator('#late').getByRole('button', { name: 'Sign in' }).waitFor();
    for (const tab of [page, other]) expect(await told(tab)).toEqual([]);
  });

  it('shows the other user to all tabs when somebody else signs in', async () => {
    const page = await app.open(context, home);
    await signIn(page);
    await page.getByText('Ada has').waitFor();
    await signOut(page, home);
    await signIn(page, NEXT);
    await page.getByText('Alan has 20 images left.').waitFor();
    expect(await told(page)).toEqual([]);
  });
});

it('shows in which organization the session goes on, and has it go on in another', async () => {
  const page = await app.open(context, '/teams');
  await signIn(page);
  await page.getByText('Alone', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Make one' }).click();
  await page.getByRole('button', { name: 'Engines' }).click();
  await page.getByText('Engines as owner').waitFor();
  // A tab that is opened later is of the same session.
  const other = await app.open(context, '/teams');
  await other.getByText('Engines as owner').waitFor();
  await other.getByRole('button', { name: 'Go alone' }).click();
  await other.getByText('Alone', { exact: true }).waitFor();
});

describe('a component', () => {
  let page: Page;
  const run = <Result>(code: string) => page.evaluate<Result>(code);
  /** What is shown once the page has come to rest. */
  const shown = async () => {
    await run('new Promise((done) => setTimeout(done))');
    return run<object | undefined>('shown.at(-1)');
  };
  const answer = (turn: number, plan: string) =>
    run(`answers[${turn}](Response.json({ plan: '${plan}', resources: {} }))`);

  beforeEach(async () => {
    page = await app.open(context, '/parts');
  });

  it('listens while it is there, and no longer', async () => {
    expect(await shown()).toEqual({ session: undefined, quota: undefined });
    expect(await run('listeners.size')).toBe(2);
    for (let times = 0; times < 3; times += 1) await run('(root.unmount(), mount())');
    await shown();
    expect(await run('listeners.size')).toBe(2);
    await run('root.unmount()');
    expect(await run('listeners.size')).toBe(0);
  });

  it('shows nobody the quota of somebody else, however late it comes', async () => {
    await run(`tell('ada')`);
    await answer(0, 'pro');
    expect(await shown()).toEqual({ session: 'ada', quota: 'pro' });
    await run('void refresh()');
    await run(`tell('alan')`);
    expect(await shown()).toEqual({ session: 'alan', quota: undefined });
    await answer(2, 'free');
    await answer(1, 'enterprise');
    expect(await shown()).toEqual({ session: 'alan', quota: 'free' });
    await run('void refresh()');
    await run('tell(null)');
    await answer(3, 'pro');
    expect(await shown()).toEqual({ session: null, quota: null });
  });

  it('keeps what it has when the issuer refuses, and says why', async () => {
    await run(`tell('ada')`);
    await answer(0, 'pro');
    await run('void refresh()');
    const problem = { code: 'insufficient_scope', status: 403, title: 'No' };
    await run(`answers[1](Response.json(${JSON.stringify(problem)}, { status: 403 }))`);
    expect(await shown()).toEqual({ session: 'ada', quota: 'pro', quotaError: 'insufficient_scope' });
  });

  it('is told why nobody is known', async () => {
    await run(`fail(new LatchkeyError('network_error'))`);
    expect(await shown()).toEqual({ session: undefined, quota: undefined, error: 'network_error' });
    await run(`tell('ada')`);
    expect(await shown()).toEqual({ session: 'ada', quota: undefined });
  });
});
