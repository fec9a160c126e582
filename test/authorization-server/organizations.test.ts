import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { asAdmin } from '../support/admin.ts';
import { accountOf, call, createRealm, INTERNAL, login, PASSWORD } from '../support/api.ts';
import {
  asking,
  authorize,
  backIn,
  basic,
  CALLBACK,
  claimsOf,
  createClient,
  type MadeClient,
  pkce,
  post,
  redeem,
} from '../support/oauth-client.ts';
import { foundedBy } from '../support/organizations.ts';
import { open, submit, type Visitor, visitor } from '../support/visitor.ts';

const RESOURCE = 'https://api.example.com';
const CLIENT = { scopes: ['openid', 'offline_access', 'images:write'], audiences: [RESOURCE] };
const SCOPE = { scope: 'openid offline_access images:write', resource: RESOURCE };

const founded = (who: Visitor, name?: string) =>
  foundedBy({ id: who.user.user.id, token: who.user.access_token, realm: who.realm } as never, name);
const send = (method: string, path: string, body?: object) =>
  call(method, path, { headers: INTERNAL, ...(body && { body }) });

/** Answers the question whether a client may, for an organization or with '' for the user alone. */
const allow = (search: URLSearchParams, who: Visitor, organization = '') =>
  submit(`/oauth2/consent?${search}`, { decision: 'allow', user: who.user.user.id, organization }, who, {
    accept: 'text/html',
  });

/** What a client gets of a user who lets it act for an organization. */
async function tokensFor(client: MadeClient, who: Visitor, organization: string, more = {}) {
  const { verifier, challenge } = pkce();
  const { code = '' } = backIn(
    await allow(asking(client, challenge, { ...SCOPE, ...more }), who, organization),
  );
  const answer = await redeem(client, { code, verifier, redirectUri: CALLBACK });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

const refreshed = (client: MadeClient, refresh_token: string) =>
  post('token', { grant_type: 'refresh_token', refresh_token, client_id: client.client_id });

const introspected = async (token: string) =>
  (await post('introspect', { token }, { headers: INTERNAL })).body;

const decided = async (token: string, more: object = {}) => {
  const body = { token, scope: 'images:write', audience: RESOURCE, ...more };
  return (await send('POST', '/v1/authorize', body)).body;
};

async function team(name?: string) {
  const owner = await visitor();
  const id = await founded(owner, name);
  await send('PATCH', `/v1/admin/organizations/${id}`, { plan: 'free' });
  await send('POST', '/v1/credits/add', { organization_id: id, amount: 50, reference: 'start' });
  return { owner, id };
}

async function member(id: string, role = 'member') {
  const who = await visitor();
  const added = await send('POST', `/v1/admin/organizations/${id}/members`, {
    user_id: who.user.user.id,
    role,
  });
  expect(added.status).toBe(201);
  return who;
}

describe('a client that a user lets act for an organization', () => {
  it('is asked about with a choice, and its tokens say for which, also when they are refreshed', async () => {
    const { id } = await team('Engines <b>');
    const who = await member(id);
    const client = await createClient(CLIENT);
    const { challenge } = pkce();
    const page = await authorize(asking(client, challenge, SCOPE), who);
    expect(page.status).toBe(200);
    expect(page.body).toContain('name="organization"');
    expect(page.body).toContain('Engines &lt;b&gt;');
    const tokens = await tokensFor(client, who, id);
    const claims = { org_id: id, org_role: 'member', org_permissions: [] };
    expect(claimsOf(tokens.access_token)).toMatchObject(claims);
    expect(claimsOf(tokens.id_token)).toMatchObject({ org_id: id });
    expect(await decided(tokens.access_token, { credits: 4, reference: 'job' })).toMatchObject({
      allowed: true,
      organization_id: id,
      role: 'member',
      client_id: client.client_id,
      balance: 46,
    });
    const again = await refreshed(client, tokens.refresh_token);
    expect(claimsOf(again.body.access_token)).toMatchObject(claims);
    // Another role is in the next token.
    await send('PATCH', `/v1/admin/organizations/${id}/members/${who.user.user.id}`, { role: 'admin' });
    expect(await introspected(again.body.access_token)).toMatchObject({ org_id: id, org_role: 'admin' });
    const later = await refreshed(client, again.body.refresh_token);
    expect(claimsOf(later.body.access_token)).toMatchObject({ org_id: id, org_role: 'admin' });
  });

  it('acts for the user alone where they choose that, and is not asked about where they are in none', async () => {
    const { id } = await team();
    const who = await member(id);
    const client = await createClient(CLIENT);
    const tokens = await tokensFor(client, who, '');
    expect(claimsOf(tokens.access_token)).not.toHaveProperty('org_id');
    expect(await decided(tokens.access_token)).toMatchObject({ allowed: true, organization_id: null });
    const alone = await visitor();
    const page = await authorize(asking(client, pkce().challenge, SCOPE), alone);
    expect(page.body).not.toContain('name="organization"');
  });

  it('does nothing for another organization, nor for the user', async () => {
    const [first, second] = [await team(), await team()];
    const who = await member(first.id);
    await send('POST', `/v1/admin/organizations/${second.id}/members`, {
      user_id: who.user.user.id,
      role: 'owner',
    });
    const client = await createClient(CLIENT);
    const { access_token: token } = await tokensFor(client, who, first.id);
    expect((await decided(token, { organization_id: second.id })).reason).toBe('not_a_member');
    expect((await decided(token, { organization_id: null })).reason).toBe('not_a_member');
    expect((await decided(token, { organization_id: first.id })).allowed).toBe(true);
  });

  it('uses nothing of an organization where it was allowed for the user alone, first-party or not; a session does', async () => {
    const { id } = await team();
    const who = await member(id, 'owner');
    const more = { organization_id: id, credits: 9, reference: 'theirs' };
    for (const first_party of [false, true]) {
      const client = await createClient({ ...CLIENT, first_party });
      const { access_token: token } = await tokensFor(client, who, '');
      expect(await decided(token, more)).toMatchObject({ allowed: false, reason: 'not_a_member' });
      expect((await decided(token, { organization_id: id })).reason).toBe('not_a_member');
      expect(await decided(token, { organization_id: null })).toMatchObject({ allowed: true });
    }
    // Nothing was charged: the session, which is the user themselves, is the first.
    expect(await decided(who.user.access_token, { ...more, audience: undefined })).toMatchObject({
      allowed: true,
      balance: 41,
    });
  });

  it('is said by introspection as the session is by now: of an own one that went on elsewhere no role', async () => {
    const [first, second] = [await team(), await team()];
    const who = await member(first.id);
    const userId = who.user.user.id;
    await send('POST', `/v1/admin/organizations/${second.id}/members`, { user_id: userId, role: 'admin' });
    const choose = async (organization_id: string) => {
      const token = who.user.access_token;
      const chosen = await call('PUT', '/v1/auth/session/organization', { token, body: { organization_id } });
      expect(chosen.status, JSON.stringify(chosen.body)).toBe(200);
      return chosen.body.access_token;
    };
    const token = await choose(first.id);
    await send('PATCH', `/v1/admin/organizations/${first.id}/members/${userId}`, { role: 'owner' });
    expect(await introspected(token)).toMatchObject({ org_id: first.id, org_role: 'owner' });
    await choose(second.id);
    const after = await introspected(token);
    expect(after).toMatchObject({ active: true, org_id: first.id });
    expect(after).not.toHaveProperty('org_role');
  });

  it('can ask for one, which has to be one of the user', async () => {
    await createRealm('apps-elsewhere').catch(() => {});
    const [{ id }, other] = [await team(), await team()];
    const who = await member(id);
    const client = await createClient(CLIENT);
    const { verifier, challenge } = pkce();
    const search = asking(client, challenge, { ...SCOPE, organization_id: id });
    const page = await authorize(search, who);
    expect(page.status).toBe(200);
    expect(page.body).not.toContain('name="organization"');
    expect(page.body).toContain('It acts for');
    // Whatever the form says, it is the one that was asked for.
    const { code = '' } = backIn(await allow(search, who, other.id));
    const { body } = await redeem(client, { code, verifier, redirectUri: CALLBACK });
    expect(claimsOf(body.access_token).org_id).toBe(id);
    const elsewhere = await visitor({}, { realm: 'apps-elsewhere' });
    const foreign = await founded({ ...elsewhere, realm: 'apps-elsewhere' });
    for (const none of [other.id, foreign, `org_${'0'.repeat(26)}`]) {
      const asked = asking(client, challenge, { ...SCOPE, organization_id: none });
      const refused = {
        error: 'access_denied',
        error_description: 'The user cannot act for that organization',
      };
      expect(backIn(await authorize(asked, who))).toMatchObject(refused);
      expect(backIn(await allow(asked, who, none))).toMatchObject(refused);
      expect(backIn(await allow(asking(client, challenge, SCOPE), who, none))).toMatchObject(refused);
    }
    for (const wrong of ['usr_1', 'org_', "org_'--", 'x'.repeat(500)]) {
      const asked = asking(client, challenge, { ...SCOPE, organization_id: wrong });
      expect(backIn(await authorize(asked, who)).error).toBe('invalid_request');
    }
  });

  it('is asked about again for another organization, and not for the one that it was allowed for last', async () => {
    const [{ id }, other] = [await team(), await team()];
    const who = await member(id);
    const userId = who.user.user.id;
    await send('POST', `/v1/admin/organizations/${other.id}/members`, { user_id: userId, role: 'member' });
    const client = await createClient(CLIENT);
    await tokensFor(client, who, id);
    const { verifier, challenge } = pkce();
    const again = backIn(await authorize(asking(client, challenge, SCOPE), who));
    const { body } = await redeem(client, { code: again.code as string, verifier, redirectUri: CALLBACK });
    expect(claimsOf(body.access_token).org_id).toBe(id);
    const silent = (organization_id: string) =>
      authorize(asking(client, challenge, { ...SCOPE, organization_id, prompt: 'none' }), who);
    expect(backIn(await silent(id))).toHaveProperty('code');
    expect(backIn(await silent(other.id)).error).toBe('consent_required');
    // What held for an organization does not hold for the user alone when they have left it.
    await send('DELETE', `/v1/admin/organizations/${id}/members/${userId}`);
    const after = await authorize(asking(client, challenge, { ...SCOPE, prompt: 'none' }), who);
    expect(backIn(after).error).toBe('consent_required');
  });

  it('may for each organization, and for the user alone, what was allowed for that, and no more', async () => {
    const [{ id }, other] = [await team(), await team()];
    const who = await member(id, 'owner');
    const { id: userId, token } = { id: who.user.user.id, token: who.user.access_token };
    await send('POST', `/v1/admin/organizations/${other.id}/members`, { user_id: userId, role: 'owner' });
    const elsewhere = 'https://files.example.com';
    const client = await createClient({
      ...CLIENT,
      scopes: ['openid', 'images:read', 'images:write', 'images:delete'],
      audiences: [RESOURCE, elsewhere],
    });
    const read = { scope: 'openid images:read' };
    const write = { scope: 'openid images:write' };
    const erase = { scope: 'openid images:delete', resource: elsewhere };
    await tokensFor(client, who, id, read);
    await tokensFor(client, who, other.id, erase);
    await tokensFor(client, who, '', write);
    const { challenge } = pkce();
    const silent = async (more: object) =>
      backIn(await authorize(asking(client, challenge, { ...SCOPE, prompt: 'none', ...more }), who));
    for (const [organization_id, allowed] of [
      [id, read],
      [other.id, erase],
      [null, write],
    ] as const) {
      for (const asked of [read, erase, write]) {
        const answer = await silent({ ...asked, organization_id });
        const about = JSON.stringify([organization_id, asked, answer]);
        if (asked === allowed) expect(answer, about).toHaveProperty('code');
        else expect(answer.error, about).toBe('consent_required');
      }
    }
    // Where, too, is each one's own: for that resource nothing was allowed for the first.
    expect((await silent({ ...read, resource: elsewhere, organization_id: id })).error).toBe(
      'consent_required',
    );
    // What is allowed later for the same comes to what was before.
    await tokensFor(client, who, id, write);
    const both = { scope: 'openid images:read images:write' };
    expect(await silent({ ...both, organization_id: id })).toHaveProperty('code');
    const { body } = await call('GET', '/v1/me/export', { token });
    expect(body.apps).toMatchObject([
      { client_id: client.client_id, organization_id: other.id, scopes: ['openid', 'images:delete'] },
      { organization_id: null, scopes: ['openid', 'images:write'] },
      { organization_id: id, scopes: ['openid', 'images:read', 'images:write'] },
    ]);
    // The page has it as one app, which is disconnected as one.
    const page = await open('/account/apps', who);
    expect(page.body.match(/name="app"/g)).toHaveLength(1);
    for (const scope of ['images:read', 'images:write', 'images:delete']) expect(page.body).toContain(scope);
    const gone = await submit('/account/apps', { form: 'disconnect', app: client.client_id }, who, {
      accept: 'text/html',
    });
    expect(gone.status).toBe(303);
    expect((await silent({ ...read, organization_id: id })).error).toBe('consent_required');
    expect((await silent({ ...erase, organization_id: other.id })).error).toBe('consent_required');
    expect((await silent(write)).error).toBe('consent_required');
  });

  it('has nothing any more when the user is removed: neither the live token nor its refresh, nor a code that waits', async () => {
    const { id, owner } = await team();
    const who = await member(id);
    const client = await createClient(CLIENT);
    const confidential = await createClient({ ...CLIENT, token_endpoint_auth_method: 'client_secret_basic' });
    const tokens = await tokensFor(client, who, id);
    const own = await tokensFor(confidential, who, '');
    const { verifier, challenge } = pkce();
    const waiting = backIn(await allow(asking(client, challenge, SCOPE), who, id));
    const other = backIn(await allow(asking(client, challenge, SCOPE), who, id));
    expect(await introspected(tokens.access_token)).toMatchObject({
      active: true,
      org_id: id,
      org_role: 'member',
    });
    const removed = await call('DELETE', `/v1/organizations/${id}/members/${who.user.user.id}`, {
      token: owner.user.access_token,
    });
    expect(removed.status).toBe(204);
    expect((await decided(tokens.access_token)).reason).toBe('session_ended');
    expect(await introspected(tokens.access_token)).toEqual({ active: false });
    const userinfo = await call('GET', '/oauth2/userinfo', { token: tokens.access_token });
    expect(userinfo.status).toBe(401);
    expect((await refreshed(client, tokens.refresh_token)).body.error).toBe('invalid_grant');
    const late = await redeem(client, { code: waiting.code as string, verifier, redirectUri: CALLBACK });
    expect(late.body.error).toBe('invalid_grant');
    // What the user allowed for themselves goes on.
    expect((await decided(own.access_token)).allowed).toBe(true);
    const kept = await post(
      'token',
      { grant_type: 'refresh_token', refresh_token: own.refresh_token },
      { headers: basic(confidential) },
    );
    expect(kept.status).toBe(200);
    // Whoever comes back has to be asked again.
    await send('POST', `/v1/admin/organizations/${id}/members`, {
      user_id: who.user.user.id,
      role: 'owner',
    });
    expect((await refreshed(client, tokens.refresh_token)).body.error).toBe('invalid_grant');
    const silent = async (asked: MadeClient, more = {}) =>
      backIn(await authorize(asking(asked, challenge, { ...SCOPE, prompt: 'none', ...more }), who));
    expect((await silent(client)).error).toBe('consent_required');
    expect((await silent(client, { organization_id: id })).error).toBe('consent_required');
    expect(await silent(confidential)).toHaveProperty('code');
    const later = await redeem(client, { code: other.code as string, verifier, redirectUri: CALLBACK });
    expect(later.body.error).toBe('invalid_grant');
  });

  it.each(['by the organization', 'when it is chosen'])(
    'has nothing any more of a user who was out and is back before anybody heard of it, which is told %s',
    async (told) => {
      const { id } = await team();
      const who = await member(id);
      const client = await createClient(CLIENT);
      const tokens = await tokensFor(client, who, id);
      const { id: userId } = who.user.user;
      const choose = (token: string) =>
        call('PUT', '/v1/auth/session/organization', { token, body: { organization_id: id } });
      const chosen = async () =>
        (await call('GET', '/v1/auth/session', { token: who.user.access_token })).body;
      expect((await choose(who.user.access_token)).status).toBe(200);
      const { body: elsewhere } = await login(who.user.user.email as string, PASSWORD);
      await env.DB.prepare(
        'UPDATE organization_members SET version = version + 100, joined_at = joined_at + 1 WHERE organization_id = ?1 AND user_id = ?2',
      )
        .bind(id, userId)
        .run();
      const row = await env.DB.prepare(
        'SELECT role, version, joined_at AS joinedAt FROM organization_members WHERE organization_id = ?1 AND user_id = ?2',
      )
        .bind(id, userId)
        .first<{ role: string; version: number; joinedAt: number }>();
      if (told === 'when it is chosen') expect((await choose(elsewhere.access_token)).status).toBe(200);
      else await accountOf(userId).membershipChanged(id, row as NonNullable<typeof row>);
      expect(await chosen()).toMatchObject({ organization_id: null });
      expect((await decided(tokens.access_token)).reason).toBe('session_ended');
      expect((await refreshed(client, tokens.refresh_token)).body.error).toBe('invalid_grant');
      const { challenge } = pkce();
      const more = { ...SCOPE, prompt: 'none', organization_id: id };
      expect(backIn(await authorize(asking(client, challenge, more), who)).error).toBe('consent_required');
      // What they allow from now on stays, also when another role is heard of.
      const again = await tokensFor(client, who, id);
      await send('PATCH', `/v1/admin/organizations/${id}/members/${userId}`, { role: 'billing' });
      expect((await refreshed(client, again.refresh_token)).status).toBe(200);
    },
  );

  it('has nothing any more when the organization is deleted, and nothing is used in one that is suspended', async () => {
    const { id } = await team();
    const who = await member(id);
    const client = await createClient(CLIENT);
    const tokens = await tokensFor(client, who, id);
    await asAdmin('PATCH', `/organizations/${id}`, { body: { status: 'suspended' } });
    expect((await decided(tokens.access_token)).reason).toBe('organization_suspended');
    expect((await decided(tokens.access_token, { credits: 1, reference: 'late' })).reason).toBe(
      'organization_suspended',
    );
    const { challenge } = pkce();
    const asked = asking(client, challenge, { ...SCOPE, organization_id: id });
    expect(backIn(await authorize(asked, who)).error).toBe('access_denied');
    expect(
      (await authorize(asking(client, challenge, { ...SCOPE, prompt: 'consent' }), who)).body,
    ).not.toContain('name="organization"');
    await asAdmin('PATCH', `/organizations/${id}`, { body: { status: 'active' } });
    expect((await decided(tokens.access_token)).allowed).toBe(true);
    expect((await asAdmin('DELETE', `/organizations/${id}`)).status).toBe(204);
    expect((await decided(tokens.access_token)).reason).toBe('session_ended');
    expect((await refreshed(client, tokens.refresh_token)).body.error).toBe('invalid_grant');
  });

  it('cannot get out of it by an exchange', async () => {
    const { id } = await team();
    const who = await member(id);
    const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
    const client = await createClient({
      ...CLIENT,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token', exchange],
    });
    const { access_token } = await tokensFor(client, who, id);
    const fields = {
      grant_type: exchange,
      subject_token: access_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: RESOURCE,
    };
    const answer = await post('token', fields, { headers: basic(client) });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(claimsOf(answer.body.access_token)).toMatchObject({ org_id: id, org_role: 'member' });
    expect((await decided(answer.body.access_token)).organization_id).toBe(id);
    expect((await decided(answer.body.access_token, { organization_id: null })).reason).toBe('not_a_member');
    await send('DELETE', `/v1/admin/organizations/${id}/members/${who.user.user.id}`);
    expect((await post('token', fields, { headers: basic(client) })).body.error).toBe('invalid_request');
    expect((await decided(answer.body.access_token)).reason).toBe('session_ended');
  });

  it('is said in the metadata', async () => {
    const { body } = await call('GET', '/.well-known/oauth-authorization-server');
    expect(body.organization_id_parameter_supported).toBe(true);
    expect(body.claims_supported).toContain('org_id');
  });
});
