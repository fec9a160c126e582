import { beforeAll, describe, expect, inject, it } from 'vitest';
import { isDocumentAddress } from '../../src/authorization-server/client-document.ts';
import { ClientDocuments } from '../../src/authorization-server/client-document-service.ts';
import { readSectors } from '../../src/authorization-server/client-sectors.ts';
import type { Realm } from '../../src/lib/realm.ts';
import { call, createRealm } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import {
  asking,
  authorize,
  backIn,
  claimsOf,
  decide,
  type MadeClient,
  pkce,
  post,
} from '../support/oauth-client.ts';
import { open, type Visitor, visitor } from '../support/visitor.ts';

const REALM = 'documents';
const CALLBACK = 'https://app.example.com/callback';
const { challenge, verifier } = pkce();
let who: Visitor;
let elsewhere: Visitor;

beforeAll(async () => {
  await createRealm(REALM, { client_registration: '["document"]' });
  await createRealm('no-documents');
  who = await visitor({}, { realm: REALM });
  elsewhere = await visitor({}, { realm: 'no-documents' });
});

const site = () => `https://127.0.0.1:${inject('peers').clientDocuments}`;
const clientAt = (query: Record<string, string> = {}, path = `/${crypto.randomUUID()}.json`): MadeClient => {
  const client_id = new URL(`${site()}${path}?${new URLSearchParams(query)}`.replace(/\?$/, '')).href;
  return { client_id, client_secret: '', token_endpoint_auth_method: 'none' };
};
const laid = (fields: object) => ({ with: JSON.stringify(fields) });
const ask = (client: MadeClient, more = {}, by = who) => authorize(asking(client, challenge, more), by);
const fetches = async ({ client_id }: MadeClient) =>
  Number(await (await fetch(`${site()}/count?${new URLSearchParams({ of: client_id })}`)).text());

describe('a client whose id is the address of a document', () => {
  it('signs a user in who is asked each time, and told of which site it is', async () => {
    const client = clientAt();
    const page = await ask(client);
    expect(page.status, page.body).toBe(200);
    for (const text of [
      'Document Client',
      `127.0.0.1:${inject('peers').clientDocuments}`,
      'was not registered by',
    ]) {
      expect(page.body).toContain(text);
    }
    const { code } = backIn(await decide(asking(client, challenge), who));
    const redeemed = await post(
      'token',
      {
        grant_type: 'authorization_code',
        code: code as string,
        code_verifier: verifier,
        redirect_uri: CALLBACK,
        client_id: client.client_id,
      },
      { realm: REALM },
    );
    expect(redeemed.status, JSON.stringify(redeemed.body)).toBe(200);
    expect(claimsOf(redeemed.body.access_token)).toMatchObject({ client_id: client.client_id });
    const { refresh_token } = redeemed.body;
    const renewed = await post(
      'token',
      { grant_type: 'refresh_token', refresh_token, client_id: client.client_id },
      { realm: REALM },
    );
    expect(renewed.status).toBe(200);
    expect((await ask(client)).status).toBe(200);
    expect((await open('/account/apps', who)).body).toContain('Document Client');
    expect(await fetches(client)).toBe(1);
  });

  it('goes back to the addresses of the document, and to no other', async () => {
    const client = clientAt();
    expect((await ask(client, { redirect_uri: 'https://evil.example/' })).status).toBe(400);
    expect((await ask(client, { redirect_uri: `${CALLBACK}/` })).status).toBe(400);
    expect((await ask(client, { redirect_uri: 'http://127.0.0.1:5123/callback' })).status).toBe(200);
  });

  it('gets no scope that acts as the user, and no other grant', async () => {
    const client = clientAt(
      laid({ scope: 'openid account', grant_types: ['authorization_code', 'client_credentials'] }),
    );
    expect(backIn(await ask(client, { scope: 'openid account' })).error).toBe('invalid_scope');
    expect((await ask(client, { scope: 'openid' })).status).toBe(200);
    const asked = { grant_type: 'client_credentials', client_id: client.client_id };
    expect((await post('token', asked, { realm: REALM })).body.error).toBe('unauthorized_client');
  });

  it('is known where the realm takes such, and nowhere else', async () => {
    const client = clientAt();
    expect((await ask(client, {}, elsewhere)).status).toBe(400);
    expect(await fetches(client)).toBe(0);
    const metadata = async (realm?: string) =>
      (await call('GET', '/.well-known/oauth-authorization-server', { realm })).body;
    expect(await metadata(REALM)).toMatchObject({
      client_id_metadata_document_supported: true,
      token_endpoint_auth_methods_supported: expect.arrayContaining(['none']),
    });
    expect((await metadata()).client_id_metadata_document_supported).toBe(false);
  });

  it.each([
    ['another client_id', laid({ client_id: 'https://app.example.com/' })],
    ['a secret', laid({ client_secret: 'x' })],
    ['a method with a secret', laid({ token_endpoint_auth_method: 'client_secret_basic' })],
    ['no address to go back to', laid({ redirect_uris: [] })],
    ['an address that cannot be', laid({ redirect_uris: ['http://app.example.com/'] })],
    ['keys that it does not show', laid({ token_endpoint_auth_method: 'private_key_jwt' })],
    ['no JSON', { body: '<html>' }],
    ['a list', { body: '[]' }],
    ['another type', { type: 'text/html' }],
    ['too much', { pad: '6000' }],
    ['another status', { status: '404' }],
    ['a failure', { status: '503' }],
    ['a redirect', { status: '302', location: 'https://127.0.0.1/' }],
  ] as [string, Record<string, string>][])('is none with %s', async (_, query) => {
    const client = clientAt(query);
    const answer = await ask(client);
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    const token = { grant_type: 'refresh_token', refresh_token: 'x', client_id: client.client_id };
    const { status, body } = await post('token', token, { realm: REALM });
    expect([status, body.error]).toEqual([401, 'invalid_client']);
    expect(await fetches(client)).toBeGreaterThan(0);
  });

  it('is read anew as its cache headers say, within bounds', async () => {
    const short = clientAt({ cache: 'max-age=0' });
    const long = clientAt({ cache: 'public, max-age=31536000' });
    for (const client of [short, long]) {
      await ask(client);
      await ask(client);
      expect(await fetches(client)).toBe(1);
    }
    advance(61_000);
    for (const client of [short, long]) await ask(client);
    expect([await fetches(short), await fetches(long)]).toEqual([2, 1]);
    advance(86_400_000);
    await ask(long);
    expect(await fetches(long)).toBe(2);
  });

  it('is not fetched for a realm whose budget is spent on others, unless it is known', async () => {
    const counted: string[] = [];
    let isSpent = false;
    const take = async (name: string) => {
      counted.push(name);
      return !(isSpent && name.includes(':realm:'));
    };
    const realms = { get: async () => ({ clientRegistration: ['document'] }) as unknown as Realm };
    const documents = new ClientDocuments({ realms, sectors: readSectors(take, true) }, take, true);
    const [known, unknown] = [clientAt(), clientAt()];
    expect(await documents.find(REALM, known.client_id)).not.toBeNull();
    const budgets = [`client_document:realm:${REALM}`, `client_document:${new URL(site()).host}`];
    expect(counted).toEqual(budgets);
    isSpent = true;
    expect(await documents.find(REALM, known.client_id)).not.toBeNull();
    expect(await documents.find(REALM, unknown.client_id)).toBeNull();
    expect(await fetches(unknown)).toBe(0);
  });

  it.each([
    'https://127.0.0.1/client.json',
    'https://10.0.0.1/client.json',
    'https://169.254.169.254/latest/meta-data',
    'https://2130706433/client.json',
    'https://0x7f.1/client.json',
    'https://[::1]/client.json',
    'https://[fd00::1]/client.json',
    'https://localhost/client.json',
    'https://app.localhost/client.json',
    'https://metadata.google.internal/client.json',
    'https://printer.local/client.json',
    'https://router/client.json',
    'https://localhost./client.json',
    'http://app.example.com/client.json',
    'https://app.example.com/',
    'https://app.example.com',
    'https://app.example.com/client.json#x',
    'https://user@app.example.com/client.json',
    'https://app.example.com/a/../client.json',
    'https://APP.example.com/client.json',
    'https://app.example.com:443/client.json',
    `https://app.example.com/${'x'.repeat(500)}`,
    'ftp://app.example.com/client.json',
    'https://',
  ])('is never fetched from %s in production', (id) => expect(isDocumentAddress(id, false)).toBe(false));

  it.each(['https://app.example.com/client.json', 'https://app.example.com:8443/oauth/client?v=1'])(
    'may be at %s',
    (id) => expect(isDocumentAddress(id, false)).toBe(true),
  );

  it('is on this machine in development only', () => {
    for (const id of ['http://127.0.0.1:1234/client.json', 'http://localhost:1234/client.json']) {
      expect([isDocumentAddress(id, true), isDocumentAddress(id, false)]).toEqual([true, false]);
    }
    expect(isDocumentAddress('http://10.0.0.1/client.json', true)).toBe(false);
  });
});
