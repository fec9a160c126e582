import { ASKED_HOST } from './asked-host.ts';

// Loaded before a command: what it asks a deployed Worker goes to the stand-in of Cloudflare, which answers in its place.

const real = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const url = URL.parse(String(input));
  if (!url?.hostname.endsWith('acme.dev')) return real(input, init);
  const headers = new Headers(init?.headers);
  headers.set(ASKED_HOST, url.host);
  return real(`${process.env.CLOUDFLARE_API_BASE_URL}${url.pathname}${url.search}`, { ...init, headers });
};
