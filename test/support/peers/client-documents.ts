import { createServer } from 'node:https';
import { peerCertificates } from './certificate.ts';
import { portOf } from './smtp.ts';

/**
 * An HTTPS site of clients: each address is the id of one, and its query says how the site answers there. `with` (JSON) is laid over
 * the document, `body` takes its place; `status`, `type`, `cache` and `location` are of the answer, `pad` makes it longer, `hang`
 * answers nothing. What was put at an address stands there. `/count` tells how often an address was asked for.
 */
export async function startClientDocuments() {
  const asked = new Map<string, number>();
  const laid = new Map<string, string>();
  const server = createServer(peerCertificates().trusted, (request, response) => {
    const url = new URL(request.url ?? '/', `https://${request.headers.host}`);
    if (request.method === 'PUT') {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        laid.set(url.href, body);
        response.end();
      });
      return;
    }
    const query = (name: string) => url.searchParams.get(name);
    if (url.pathname === '/count') {
      return void response.end(String(asked.get(query('of') ?? '') ?? 0));
    }
    asked.set(url.href, (asked.get(url.href) ?? 0) + 1);
    if (query('hang')) return;
    const document = {
      client_id: url.href,
      client_name: 'Document Client',
      redirect_uris: ['https://app.example.com/callback', 'http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      padding: 'x'.repeat(Number(query('pad') ?? 0)),
      ...JSON.parse(query('with') ?? '{}'),
    };
    const [cache, location] = [query('cache'), query('location')];
    response.writeHead(Number(query('status') ?? 200), {
      'content-type': query('type') ?? 'application/json',
      ...(cache !== null && { 'cache-control': cache }),
      ...(location !== null && { location }),
    });
    response.end(laid.get(url.href) ?? query('body') ?? JSON.stringify(document));
  });
  server.on('tlsClientError', () => undefined);
  const port = await portOf(server.listen(0, '127.0.0.1'));
  return {
    port,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
