import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createDialects } from '../../src/compat/dialects.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, ORIGIN } from '../support/api.ts';
import { Browser, pick } from '../support/browser.ts';

const PROVIDERS = [
  ['google', 'user20@gmail.example', 'user20@gmail.example'],
  ['github', 'user20', 'user20@github.example'],
] as const;

/** Presses a button of the document. */
async function begin(browser: Browser, provider: string): Promise<URL> {
  const answer = await browser.ask(`/api/oauth/login/${provider}`);
  expect(answer.status).toBe(302);
  return new URL(answer.headers.get('location') as string);
}

const tier = async (browser: Browser) =>
  ((await (await browser.ask('/api/v2/quota/status')).json()) as any).tier;

describe.each(PROVIDERS)('%s', (provider, account, email) => {
  it('GET /api/oauth/login/{provider} leads there and GET /api/oauth/callback/{provider} back, signed in', async () => {
    const browser = new Browser();
    const back = await pick(provider, await begin(browser, provider), account);
    expect(back.url.pathname).toBe(`/v1/oauth/${provider}/callback`);
    const answer = await browser.ask(`/api/oauth/callback/${provider}${back.url.search}`);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${ORIGIN}/`]);
    expect(browser.cookies.has('__Host-latchkey')).toBe(true);
    expect(await tier(browser)).toBe('free');
    const me = (await (await browser.ask('/v1/me')).json()) as any;
    expect(me).toMatchObject({ email, email_verified: true });
  });

  it('GET /api/oauth/callback/{provider} can be the URL that is registered there', async () => {
    const uri = `${ORIGIN}/api/oauth/callback/${provider}`;
    const bindings = { ...env, [`${provider.toUpperCase()}_REDIRECT_URI`]: uri } as unknown as Bindings;
    const services = createServices(bindings);
    const dialects = createDialects(services.config);
    const handler = dialects.before(createApp(services, bindings, dialects));
    vi.spyOn(exports.default, 'fetch').mockImplementation(async (url: any, init: any) => {
      const ctx = createExecutionContext();
      const answer = await handler.fetch(new Request(url, init), bindings, ctx);
      await waitOnExecutionContext(ctx);
      return answer;
    });
    const browser = new Browser();
    const page = await begin(browser, provider);
    expect(page.searchParams.get('redirect_uri')).toBe(uri);
    const back = await pick(provider, page, account);
    expect(back.url.href.split('?')[0]).toBe(uri);
    expect((await browser.comeBack(back)).headers.get('location')).toBe(`${ORIGIN}/`);
    expect(await tier(browser)).toBe('free');
    vi.restoreAllMocks();
  });

  it('GET /api/oauth/callback/{provider} refuses another state, another browser, and no code', async () => {
    const browser = new Browser();
    const { url } = await pick(provider, await begin(browser, provider), account);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const { code = '', state = '' } = Object.fromEntries(url.searchParams);
    const refused = async (query: Record<string, string>, code: string, headers: object = { cookie }) => {
      const path = `/api/oauth/callback/${provider}?${new URLSearchParams(query)}`;
      const answer = await call('GET', path, { headers: { ...headers } });
      expect([answer.status, answer.body]).toEqual([
        400,
        { success: false, error: expect.any(String), code, request_id: expect.any(String) },
      ]);
    };
    await refused({ code, state: `${state}x` }, 'oauth_state_invalid');
    await refused({ code }, 'oauth_state_invalid');
    await refused({ code, state }, 'oauth_state_invalid', {});
    await refused({ state }, 'provider_rejected');
  });
});

it('GET /api/oauth/login/{provider} knows no other providers', async () => {
  const answer = await call('GET', '/api/oauth/login/facebook');
  expect([answer.status, answer.body.code]).toEqual([404, 'provider_not_found']);
  const page = await call('GET', '/api/oauth/login/facebook', { headers: { accept: 'text/html' } });
  expect([page.status, page.headers.get('location')]).toEqual([
    303,
    `${ORIGIN}/login?error=provider_not_found&provider=facebook`,
  ]);
});
