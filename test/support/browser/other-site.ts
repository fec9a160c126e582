import { once } from 'node:events';
import { createServer } from 'node:http';

/** Somebody else's web site: what it serves is what a test puts there. */
export interface OtherSite {
  port: number;
  /** Serves this as the site's only page. */
  serve(html: string): void;
  stop(): Promise<void>;
}

/** Starts it; it answers for localhost and 127.0.0.1, which to a browser are two sites. */
export async function startOtherSite(): Promise<OtherSite> {
  let page = '';
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
  }).listen(0);
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    serve: (html) => {
      page = `<!doctype html><html lang="en"><title>Elsewhere</title>${html}`;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
