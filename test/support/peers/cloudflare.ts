import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { buffer } from 'node:stream/consumers';
import { unstable_splitSqlQuery as splitSql } from 'wrangler';
import { ASKED_HOST } from './asked-host.ts';
import { D1Files } from './d1-files.ts';

const ACCOUNT = 'acc';
/** Cloudflare's codes of what is not there. */
const MISSING = { database: 7404, bucket: 10006, worker: 10007 };
/** Its code of a version that lies behind a migration of Durable Objects. */
const BEHIND_MIGRATION = 10222;

/** What was uploaded at a time. */
interface Version {
  id: string;
  /** Of the Durable Objects, at its end. */
  tag: string | undefined;
}

/**
 * A stand-in for the part of Cloudflare's API that wrangler deploys by: without an account nothing real can be deployed.
 * Databases are real ones of SQLite.
 */
export class CloudflareApi {
  readonly databases = new Map<string, DatabaseSync>();
  readonly buckets = new Set<string>();
  readonly queues = new Set<string>();
  /** By name, what was uploaded with the code. */
  readonly workers = new Map<string, any>();
  /** Of each Worker, what was uploaded and which of it is deployed, newest first. */
  readonly versions = new Map<string, Version[]>();
  readonly deployments = new Map<string, string[]>();
  /** The secrets of each Worker. */
  readonly secrets = new Map<string, Map<string, string>>();
  /** Whether a version answers well when it is asked for its health. */
  isWell: (version: string) => boolean = () => true;
  /** Databases as files. */
  readonly files = new D1Files(() => this.#origin);
  /** What a deployed Worker answers to, such as `GET /v1/admin/backup`, beside what is the same of each. */
  app: (request: string, body: Buffer) => string | Buffer | undefined = () => undefined;
  /** Called before a request is answered; what it waits for holds the answer up. */
  before: (request: string) => Promise<void> | void = () => {};
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

  /** Variables by which wrangler finds and enters it, and by which commands reach what is deployed there. */
  get variables(): Record<string, string> {
    return {
      CLOUDFLARE_API_BASE_URL: this.#origin,
      CLOUDFLARE_API_TOKEN: 'token',
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'deployed-fetch.ts')}`,
    };
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Loses a Worker, as if it had never been uploaded. */
  forget(worker: string): void {
    for (const kept of [this.workers, this.versions, this.deployments, this.secrets]) kept.delete(worker);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url as string, 'http://localhost');
    const host = request.headers[ASKED_HOST];
    const content = await buffer(request);
    if (typeof host === 'string') {
      const answer = this.app(`${request.method} ${pathname}`, content);
      return answer === undefined ? this.#serve(host, pathname, response) : void response.end(answer);
    }
    const signed = /^\/signed\/(.+)/.exec(pathname)?.[1];
    if (signed) return this.#carry(signed, content, request, response);
    const path = pathname.replace(`/accounts/${ACCOUNT}`, '');
    const body = content.toString();
    this.requests.push(`${request.method} ${path}`);
    await this.before(`${request.method} ${path}`);
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

  /** A file on its way to or from a signed address, which is all that one needs. */
  #carry(
    name: string,
    content: Buffer,
    { method, headers }: IncomingMessage,
    response: ServerResponse,
  ): void {
    const file = this.files.read(name);
    if (headers.authorization) response.writeHead(400).end('Only one auth mechanism allowed');
    else if (method === 'PUT') response.writeHead(200, { etag: this.files.write(name, content) }).end();
    else response.writeHead(file ? 200 : 404).end(file);
  }

  /** Answers in the place of the Worker that a domain leads to. */
  #serve(host: string, path: string, response: ServerResponse): void {
    const worker = this.domains.find((one) => one.startsWith(`${host} `))?.split(' ')[1];
    const version = this.deployments.get(worker ?? '')?.[0];
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    if (!version) return void response.socket?.destroy();
    if (!this.secrets.get(worker as string)?.has('AUTH_SECRET')) {
      return void answer(500, { code: 'misconfigured' });
    }
    const origin = `https://${host}`;
    const part = this.isWell(version) ? 'ok' : 'failed';
    const answers: Record<string, unknown> = {
      '/health': { status: part, parts: { d1: 'ok', durable_objects: part, r2: 'ok' } },
      '/.well-known/openid-configuration': { issuer: origin, jwks_uri: `${origin}/.well-known/jwks.json` },
      '/.well-known/jwks.json': { keys: [{}] },
      '/v1/oauth/providers': { data: [], next_cursor: null },
    };
    answer(part === 'ok' ? 200 : 503, answers[path]);
  }

  /** Keeps what was uploaded as a version. */
  #upload(worker: string, body: string): Version {
    const [, text = ''] = /name="metadata"\r\n\r\n(.*?)\r\n--/s.exec(body) ?? [];
    const metadata = JSON.parse(text);
    const secrets = this.secrets.get(worker) ?? new Map<string, string>();
    for (const { type, name, text } of metadata.bindings) if (type === 'secret_text') secrets.set(name, text);
    this.secrets.set(worker, secrets);
    this.workers.set(worker, metadata);
    const versions = this.versions.get(worker) ?? [];
    const id = `00000000-0000-4000-8000-${String(versions.length + 1).padStart(12, '0')}`;
    const version = { id, tag: metadata.migrations?.new_tag ?? versions[0]?.tag };
    this.versions.set(worker, [version, ...versions]);
    return version;
  }

  #deploy(worker: string, version: string): Record<string, never> | number {
    const known = this.versions.get(worker) ?? [];
    const found = known.find(({ id }) => id === version);
    if (found?.tag !== known[0]?.tag) return BEHIND_MIGRATION;
    this.deployments.set(worker, [version, ...(this.deployments.get(worker) ?? [])]);
    return {};
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
    const [, whole = '', action] = /^POST \/d1\/database\/id-of-(.+)\/(export|import)$/.exec(operation) ?? [];
    const filed = this.databases.get(whole);
    if (filed) return this.files[action as 'export' | 'import'](filed, JSON.parse(body));
    const database = named(/^GET \/d1\/database\/(?:id-of-)?(.+)$/);
    if (database) return this.databases.has(database) ? databaseShape(database) : MISSING.database;

    if (operation === 'GET /r2/buckets') return { buckets: [...this.buckets].map((name) => ({ name })) };
    if (operation === 'POST /r2/buckets') return this.buckets.add(JSON.parse(body).name) && {};
    const bucket = named(/^GET \/r2\/buckets\/(.+)$/);
    if (bucket) return this.buckets.has(bucket) ? { name: bucket } : MISSING.bucket;

    if (operation.endsWith('/assets-upload-session')) return { jwt: 'a.b.c', buckets: [] };
    const uploaded = named(/^PUT \/workers\/scripts\/([^/]+)$/);
    if (uploaded) {
      const { id } = this.#upload(uploaded, body);
      this.#deploy(uploaded, id);
      return { id: uploaded, deployment_id: id, startup_time_ms: 1 };
    }
    const versioned = named(/^POST \/workers\/scripts\/([^/]+)\/versions$/);
    if (versioned) {
      const { id } = this.#upload(versioned, body);
      return { id, resources: { script: { etag: 'etag' } }, startup_time_ms: 1 };
    }
    const deployed = named(/^POST \/workers\/scripts\/([^/]+)\/deployments$/);
    if (deployed) return this.#deploy(deployed, JSON.parse(body).versions[0].version_id);
    const version = named(/^GET \/workers\/scripts\/[^/]+\/versions\/(.+)$/);
    if (version) return { id: version, metadata: { created_on: '2026-01-01T00:00:00Z' } };

    if (operation === 'GET /queues') return [...this.queues].map(queueShape);
    if (operation === 'POST /queues') {
      const { queue_name: name } = JSON.parse(body);
      this.queues.add(name);
      return queueShape(name);
    }
    if (named(/^POST (\/queues\/.+\/consumers)$/)) return {};

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
    if (operation.endsWith('/deployments')) {
      const found = this.deployments.get(worker as string) ?? [];
      const at = { created_on: '2026-01-01T00:00:00Z', source: 'wrangler', author_email: 'ada@acme.dev' };
      return {
        deployments: found.map((id) => ({ id, ...at, versions: [{ version_id: id, percentage: 100 }] })),
      };
    }
    if (operation === `GET /workers/scripts/${worker}/secrets`) {
      return [...(this.secrets.get(worker as string)?.keys() ?? [])].map((name) => ({
        name,
        type: 'secret_text',
      }));
    }
    const several = named(/^PATCH \/workers\/scripts\/(.+)\/secrets-bulk$/);
    if (several && !this.workers.has(several)) return MISSING.worker;
    for (const { name, text } of several ? Object.values<any>(JSON.parse(body).secrets) : []) {
      this.secrets.get(several as string)?.set(name, text);
    }
    const put = named(/^PUT \/workers\/scripts\/(.+)\/secrets$/);
    if (put) this.secrets.get(put)?.set(JSON.parse(body).name, JSON.parse(body).text);
    if (operation === `GET /workers/scripts/${worker}/settings`) return this.workers.get(worker as string);
    const tag = this.versions.get(worker ?? '')?.[0]?.tag;
    const script = { last_deployed_from: 'wrangler', migration_tag: tag };
    return { default_environment: { environment: 'production', script } };
  }
}

function queueShape(name: string) {
  return { queue_id: `id-of-${name}`, queue_name: name, consumers: [], producers: [] };
}

function databaseShape(name: string) {
  return { name, uuid: `id-of-${name}` };
}
