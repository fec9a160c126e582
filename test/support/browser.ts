import { exports } from 'cloudflare:workers';
import { freshAddress, ORIGIN } from './api.ts';

/** What a browser keeps and does of a sign-in: cookies of Latchkey's host, and where it is sent. */
export class Browser {
  readonly cookies = new Map<string, string>();
  /** `Set-Cookie` of the last answer, as it came. */
  setCookies: string[] = [];
  readonly #ip = freshAddress();

  /** Asks Latchkey; follows nothing. */
  async ask(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers({ accept: 'text/html', 'cf-connecting-ip': this.#ip });
    new Headers(init.headers).forEach((value, name) => {
      headers.set(name, value);
    });
    if (this.cookies.size > 0) {
      headers.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    }
    const response = await exports.default.fetch(new URL(url, ORIGIN), {
      ...init,
      headers,
      redirect: 'manual',
    });
    this.setCookies = response.headers.getSetCookie();
    for (const line of this.setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  /** Begins a sign-in and gives where the provider's page is. */
  async begin(provider: string, query: Record<string, string> = {}, realm = ''): Promise<URL> {
    const path = `${realm}/v1/oauth/${provider}/login?${new URLSearchParams(query)}`;
    const response = await this.ask(path);
    if (response.status !== 302) throw new Error(`${response.status}: ${await response.text()}`);
    return new URL(response.headers.get('location') as string);
  }

  /** Signs in at a provider, and gives Latchkey's answer to the browser that comes back. */
  async signIn(
    provider: 'google' | 'github' | 'apple' | 'microsoft',
    account: string,
    query: Record<string, string> = {},
    realm = '',
  ): Promise<Response> {
    return this.comeBack(await pick(provider, await this.begin(provider, query, realm), account));
  }

  /** Comes back from a provider. */
  comeBack(back: Return): Promise<Response> {
    if (!back.form) return this.ask(back.url);
    return this.ask(back.url, {
      method: 'POST',
      body: back.form,
      headers: { origin: 'https://provider.test' },
    });
  }
}

/** Where a provider sends the browser back, and what it has it post. */
export interface Return {
  url: URL;
  form?: URLSearchParams;
}

const PICK = {
  google: '/o/oauth2/v2/auth/callback',
  github: '/login/oauth/callback',
  apple: '/auth/authorize/callback',
  microsoft: '/oauth2/v2.0/authorize/callback',
};

/** Picks an account on the page of an emulated provider. */
export async function pick(provider: keyof typeof PICK, page: URL, account: string): Promise<Return> {
  const shown = await fetch(page);
  if (!shown.ok) throw new Error(`${provider}: ${shown.status} ${await shown.text()}`);
  const form = new URLSearchParams(page.search);
  form.set(provider === 'github' ? 'login' : 'email', account);
  const answer = await fetch(new URL(PICK[provider], page), {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
  const location = answer.headers.get('location');
  if (location) return { url: new URL(location) };
  const html = await answer.text();
  const plain = (text = '') =>
    text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
  const fields = [...html.matchAll(/name="([^"]*)" value="([^"]*)"/g)];
  return {
    url: new URL(plain(/action="([^"]*)"/.exec(html)?.[1])),
    form: new URLSearchParams(fields.map(([, name = '', value]) => [name, plain(value)])),
  };
}

/** Signs in at the strict provider as that name, or denies; what its pages ask for is given. */
export async function pickStrict(page: URL, name: string | null): Promise<Return> {
  const jar = new Map<string, string>();
  const visit = async (url: URL, form?: Record<string, string>): Promise<URL> => {
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      headers: { cookie: [...jar].map(([key, value]) => `${key}=${value}`).join('; ') },
      body: form ? new URLSearchParams(form) : null,
      redirect: 'manual',
    });
    for (const line of response.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(key, value);
    }
    const location = response.headers.get('location');
    if (!location) throw new Error(`${url.pathname}: ${response.status} ${await response.text()}`);
    return new URL(location, url);
  };
  const login = await visit(page);
  if (name === null) return { url: await visit(await visit(new URL(`${login.pathname}/abort`, login))) };
  const consent = await visit(await visit(login, { prompt: 'login', login: name, password: 'x' }));
  return { url: await visit(await visit(consent, { prompt: 'consent' })) };
}
