import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { unstable_splitSqlQuery as splitSql } from 'wrangler';

const ACCOUNT = 'acc';
/** Cloudflare's codes of what is not there. */
const MISSING = { database: 7404, bucket: 10006, worker: 10007 };

/**
 * A stand-in for the part of Cloudflare's API that wrangler deploys by: without an account nothing real can be deployed.
 * Databases are real ones of SQLite.
 */
export class CloudflareApi {
  readonly databases = new Map<string, DatabaseSync>();
  readonly buckets = new Set<string>();
  /** By name, what was uploaded with the code. */
  readonly workers = new Map<string, any>();
  /** Custom domains, and which Worker each leads to: `auth.example.com latchkey`. */
  readonly domains: string[] = [];
  /** All that was asked for, such as `PUT /workers/scripts/latchkey`. */
  readonly requests: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<CloudflareApi> {
    const server = createServer();
    const api = new CloudflareApi(server);
    server.on('request', (request, response) => void api.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  /** Variables by which wrangler finds and enters it. */
  get variables(): Record<string, string> {
    return {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      CLOUDFLARE_API_TOKEN: 'token',
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
    };
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url as string, 'http://localhost');
    const path = pathname.replace(`/accounts/${ACCOUNT}`, '');
    this.requests.push(`${request.method} ${path}`);
    const body = await text(request);
    const result = this.#act(`${request.method} ${path}`, body);
    const failed = typeof result === 'number';
    response.writeHead(failed ? 404 : 200, { 'Content-Type': 'application/json' });
    response.end(
      JSON.stringify({
        success: !failed,
        errors: failed ? [{ code: result, message: 'There is none.' }] : [],
        messages: [],
        result: failed ? null : result,
      }),
    );
  }

  /** The result, or the code of what is missing. */
  #act(operation: string, body: string): unknown {
    const named = (pattern: RegExp) => pattern.exec(operation)?.[1];
    if (operation === 'GET /d1/database') return [...this.databases.keys()].map(databaseShape);
    if (operation === 'POST /d1/database') {
      const { name } = JSON.parse(body);
      this.databases.set(name, new DatabaseSync(':memory:'));
      return databaseShape(name);
    }
    const queried = this.databases.get(named(/^POST \/d1\/database\/id-of-(.+)\/query$/) ?? '');
    if (queried) {
      const statements = splitSql(JSON.parse(body).sql);
      return statements.map((sql) => ({ results: queried.prepare(sql).all(), success: true, meta: {} }));
    }
    const database = named(/^GET \/d1\/database\/(?:id-of-)?(.+)$/);
    if (database) return this.databases.has(database) ? databaseShape(database) : MISSING.database;

    if (operation === 'GET /r2/buckets') return { buckets: [...this.buckets].map((name) => ({ name })) };
    if (operation === 'POST /r2/buckets') return this.buckets.add(JSON.parse(body).name) && {};
    const bucket = named(/^GET \/r2\/buckets\/(.+)$/);
    if (bucket) return this.buckets.has(bucket) ? { name: bucket } : MISSING.bucket;

    if (operation.endsWith('/assets-upload-session')) return { jwt: 'a.b.c', buckets: [] };
    const uploaded = named(/^PUT \/workers\/scripts\/([^/]+)$/);
    if (uploaded) {
      const [, metadata = ''] = /name="metadata"\r\n\r\n(.*?)\r\n--/s.exec(body) ?? [];
      this.workers.set(uploaded, JSON.parse(metadata));
      return { id: uploaded, deployment_id: 'deployment', startup_time_ms: 1 };
    }
    const domainsOf = named(/^PUT \/workers\/scripts\/(.+)\/domains\/records$/);
    if (domainsOf) {
      this.domains.push(...JSON.parse(body).origins.map(({ hostname }: any) => `${hostname} ${domainsOf}`));
    }
    if (operation.endsWith('/domains/changeset'))
      return { added: [], removed: [], updated: [], conflicting: [] };
    if (named(/^GET \/workers\/workers\/(.+)$/))
      return { subdomain: { enabled: false, previews_enabled: false } };
    const worker = named(/^GET \/workers\/(?:scripts|services)\/([^/]+)/);
    if (worker && !this.workers.has(worker)) return MISSING.worker;
    if (operation.endsWith('/deployments')) return { deployments: [] };
    if (operation === `GET /workers/scripts/${worker}/secrets`) return [];
    if (operation === `GET /workers/scripts/${worker}/settings`) return this.workers.get(worker as string);
    return { default_environment: { environment: 'production', script: { last_deployed_from: 'wrangler' } } };
  }
}

function databaseShape(name: string) {
  return { name, uuid: `id-of-${name}` };
}
