import { beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK } from '../support/oauth-client.ts';
import {
  type Changes,
  changed,
  type Name,
  ours,
  outcomeOf,
  type Sent,
  type Side,
  STATE,
  theirs,
  VERIFIER,
} from '../support/oracle.ts';

/** What each of the two says where they do not agree, and why ours is right all the same. */
type Difference = [ours: string, theirs: string, why: string];

type Row<Ask> = [name: string, ask: Ask, differs?: Difference];

let latchkey: Side;
let oracle: Side;

beforeAll(async () => {
  latchkey = await ours();
  oracle = await theirs();
});

/** Holds both to the same outcome, or each to its own. */
async function compare(
  ask: (side: Side) => Promise<Response>,
  differs?: Difference,
  read: (answer: Response) => Promise<string> = outcomeOf,
): Promise<void> {
  const outcomes = [await read(await ask(latchkey)), await read(await ask(oracle))];
  const [own, other] = outcomes;
  if (!differs) return expect(own, 'Latchkey, as the certified provider').toBe(other);
  expect(outcomes).toEqual(differs.slice(0, 2));
}

function rows<Ask>(
  table: Row<Ask>[],
  ask: (side: Side, asked: Ask) => Promise<Response>,
  read?: (answer: Response) => Promise<string>,
): void {
  it.each(table)('%s', (_, asked, differs) => compare((side) => ask(side, asked), differs, read));
}

const send = (side: Side, method: string, endpoint: Parameters<Side['send']>[1], sent: Sent) =>
  side.send(method, endpoint, sent);

const RIGHT: Changes = {};

const UNPROVED: Difference = [
  '401 invalid_client',
  '400 invalid_request',
  'no proof, or one that cannot be read, is invalid_client (RFC 6749, 5.2)',
];
const NO_METHOD: Difference = [
  '405',
  '404',
  'an endpoint is there by other methods, which Allow names (RFC 9110, 15.5.6)',
];
const NO_PAGE_METHOD: Difference = [
  'page 405',
  '404',
  'an endpoint is there by other methods, which Allow names (RFC 9110, 15.5.6)',
];
const NO_FORM: Difference = [
  '415',
  '400 invalid_request',
  'what is no form is refused by its type, before anybody reads it (RFC 9110, 15.5.16)',
];
const NO_PAGE_FORM: Difference = [
  'page 415',
  'page 400',
  'what is no form is refused by its type, before anybody reads it (RFC 9110, 15.5.16)',
];
const UNKNOWN_SCOPE: Difference = [
  'back invalid_scope',
  'back code',
  'a client that asks for more than it can have is told so (RFC 6749, 4.1.2.1), not given less',
];
const UNKNOWN_SCOPE_ONLY: Difference = [
  'back invalid_scope',
  'back access_denied',
  'a client that asks for more than it can have is told so (RFC 6749, 4.1.2.1), not given less',
];
const UNKNOWN_SCOPE_PUSHED: Difference = [
  '400 invalid_scope',
  '201',
  'a client that asks for more than it can have is told so (RFC 6749, 4.1.2.1), not given less',
];
const UNKNOWN_SCOPE_ITSELF: Difference = [
  '400 invalid_scope',
  '200',
  'a client that asks for more than it can have is told so (RFC 6749, 5.2), not given less',
];
const NO_GRANT: Difference = [
  '400 unauthorized_client',
  '400 invalid_request',
  'the word for it is unauthorized_client (RFC 6749, 5.2)',
];
const NOT_ITS: Difference = [
  '200',
  '400 invalid_request',
  'of a token of somebody else no more is said than of one that nobody has (RFC 7009, 2.2)',
];

/** Where the two endpoints that take any token differ from the other's in ways of their own. */
const OF_TOKENS: Record<'introspect' | 'revoke', Record<string, Difference>> = {
  introspect: {
    'an ID token': [
      '200 inactive',
      '400 unsupported_token_type',
      'it is no token to ask with: inactive (RFC 7662, 2.2)',
    ],
    'by a public client, its own': [
      '401 invalid_client',
      '200 inactive',
      'anybody can name a public client (RFC 7662, 4)',
    ],
  },
  revoke: {
    'an ID token': [
      '200',
      '400 unsupported_token_type',
      'as any text that is no token: nothing is left to revoke (RFC 7009, 2.2)',
    ],
    'the token of another client': NOT_ITS,
    'the refresh token of another client': NOT_ITS,
  },
};

function differing<Ask>(table: Row<Ask>[], endpoint: keyof typeof OF_TOKENS): Row<Ask>[] {
  return table.map(([name, ask, differs = OF_TOKENS[endpoint][name]]) =>
    differs ? [name, ask, differs] : [name, ask],
  );
}

describe('authorize', () => {
  describe('by a signed-in browser', () => {
    const table: Row<Changes>[] = [
      ['right', RIGHT],
      ['without client_id', { client_id: null }],
      ['of nobody’s client', { client_id: 'cli_00000000000000000000000000' }],
      ['client_id twice', { client_id: ['a', 'b'] }],
      ['client_id empty', { client_id: '' }],
      ['without redirect_uri', { redirect_uri: null }],
      ['another redirect_uri', { redirect_uri: 'https://evil.example/callback' }],
      ['redirect_uri with a slash more', { redirect_uri: `${CALLBACK}/` }],
      ['redirect_uri with a query', { redirect_uri: `${CALLBACK}?x=1` }],
      ['redirect_uri with a fragment', { redirect_uri: `${CALLBACK}#x` }],
      ['redirect_uri in capitals', { redirect_uri: CALLBACK.toUpperCase() }],
      ['redirect_uri by http', { redirect_uri: CALLBACK.replace('https', 'http') }],
      ['redirect_uri with a user', { redirect_uri: CALLBACK.replace('//', '//app@') }],
      ['redirect_uri with a step up', { redirect_uri: CALLBACK.replace('callback', 'x/../callback') }],
      ['redirect_uri twice', { redirect_uri: [CALLBACK, CALLBACK] }],
      ['without response_type', { response_type: null }],
      ['response_type empty', { response_type: '' }],
      ['response_type token', { response_type: 'token' }],
      ['response_type id_token', { response_type: 'id_token' }],
      ['response_type code token', { response_type: 'code token' }],
      ['response_type CODE', { response_type: 'CODE' }],
      ['response_type none', { response_type: 'none' }],
      ['response_type twice', { response_type: ['code', 'code'] }],
      ['response_mode query', { response_mode: 'query' }],
      ['response_mode form_post', { response_mode: 'form_post' }],
      [
        'response_mode fragment',
        { response_mode: 'fragment' },
        ['back invalid_request', 'back code', 'no tokens or codes in fragments (OAuth 2.1)'],
      ],
      [
        'response_mode carrier pigeon',
        { response_mode: 'carrier pigeon' },
        [
          'back invalid_request',
          'back unsupported_response_mode',
          'that word is of JARM, which is not there',
        ],
      ],
      ['response_mode twice', { response_mode: ['query', 'query'] }],
      ['a failure by form_post', { response_mode: 'form_post', scope: 'openid', prompt: 'dance' }],
      ['without code_challenge', { code_challenge: null }],
      ['without both of PKCE', { code_challenge: null, code_challenge_method: null }],
      ['without code_challenge_method', { code_challenge_method: null }],
      ['code_challenge_method plain', { code_challenge_method: 'plain' }],
      ['code_challenge_method s256', { code_challenge_method: 's256' }],
      ['code_challenge_method S512', { code_challenge_method: 'S512' }],
      ['a short code_challenge', { code_challenge: 'short' }],
      ['a long code_challenge', { code_challenge: 'x'.repeat(129) }],
      ['a code_challenge with padding', { code_challenge: `${'x'.repeat(42)}=` }],
      ['code_challenge twice', { code_challenge: ['x'.repeat(43), 'y'.repeat(43)] }],
      [
        'without scope',
        { scope: null },
        [
          'back code',
          'back access_denied',
          'scope is optional (RFC 6749, 4.1.1), and the product’s own client is asked nothing',
        ],
      ],
      ['scope with a word twice', { scope: 'openid openid email' }],
      ['scope that is not known', { scope: 'openid nonsense' }, UNKNOWN_SCOPE],
      ['scope in capitals', { scope: 'OPENID' }, UNKNOWN_SCOPE_ONLY],
      ['scope of another client', { scope: 'openid read' }],
      ['scope twice', { scope: ['openid', 'email'] }],
      ['scope without openid', { scope: 'email' }],
      ['offline_access', { scope: 'openid offline_access' }],
      ['prompt none', { prompt: 'none' }],
      ['prompt none login', { prompt: 'none login' }],
      ['prompt dance', { prompt: 'dance' }],
      ['prompt NONE', { prompt: 'NONE' }],
      ['prompt login', { prompt: 'login' }],
      ['prompt consent', { prompt: 'consent' }],
      ['prompt select_account', { prompt: 'select_account' }],
      ['prompt create', { prompt: 'create' }],
      ['prompt twice', { prompt: ['login', 'consent'] }],
      ['max_age of an hour', { max_age: '3600' }],
      ['max_age 0', { max_age: '0' }],
      ['max_age -1', { max_age: '-1' }],
      ['max_age ten', { max_age: 'ten' }],
      ['max_age 1.5', { max_age: '1.5' }],
      ['max_age twice', { max_age: ['1', '2'] }],
      ['a request object', { request: 'x.y.z' }],
      ['a request_uri of the client', { request_uri: 'https://app.example.com/request' }],
      ['a request_uri that nobody pushed', { request_uri: 'urn:ietf:params:oauth:request_uri:nonsense' }],
      ['registration', { registration: '{}' }],
      ['id_token_hint nonsense', { id_token_hint: 'nonsense' }],
      ['id_token_hint nonsense, silently', { id_token_hint: 'nonsense', prompt: 'none' }],
      ['nonce', { nonce: 'n-0S6' }],
      ['nonce twice', { nonce: ['a', 'b'] }],
      ['without state', { state: null }],
      ['state empty', { state: '' }],
      ['state twice', { state: [STATE, STATE] }],
      ['state with a line', { state: 'a\nb' }],
      ['login_hint', { login_hint: 'ada@example.com' }],
      ['ui_locales', { ui_locales: 'de-CH de en' }],
      ['display', { display: 'popup' }],
      ['acr_values that is met', { acr_values: 'aal1' }],
      ['claims', { claims: '{"id_token":{"email":null},"userinfo":{"email":{"essential":true}}}' }],
      ['claims that are no JSON', { claims: '{' }],
      ['claims that are a list', { claims: '[]' }],
      ['claims that are null', { claims: 'null' }],
      ['claims of a list', { claims: '{"id_token":[]}' }],
      ['claims of nothing', { claims: '{}' }],
      ['claims that mean nobody', { claims: '{"id_token":{"sub":{"value":"nobody"}}}', prompt: 'none' }],
      ['claims twice', { claims: ['{}', '{}'] }],
      ['a resource that is not known', { resource: 'https://elsewhere.example' }],
      ['a resource that is no address', { resource: 'elsewhere' }],
      ['a resource with a fragment', { resource: 'https://elsewhere.example/#x' }],
      ['a parameter that nobody knows', { nonsense: 'x' }],
      [
        'a parameter that nobody knows twice',
        { nonsense: ['x', 'y'] },
        ['back invalid_request', 'back code', 'no parameter is there more than once (RFC 6749, 3.1)'],
      ],
      ['dpop_jkt', { dpop_jkt: 'x'.repeat(43) }],
      [
        'dpop_jkt that is none',
        { dpop_jkt: 'short' },
        ['back invalid_request', 'back code', 'no key can have it: the code would be of no use'],
      ],
      ['a script in client_id', { client_id: '<script>alert(1)</script>' }],
      ['a NUL in scope', { scope: 'openid\0' }],
    ];
    rows(table, (side, changes) =>
      send(side, 'GET', 'authorize', { query: side.asking(changes), signedIn: true }),
    );
  });

  describe('by somebody who is not signed in', () => {
    const table: Row<Changes>[] = [
      ['right', RIGHT],
      ['prompt none', { prompt: 'none' }],
      ['prompt none by form_post', { prompt: 'none', response_mode: 'form_post' }],
      ['without code_challenge', { code_challenge: null }],
      ['without redirect_uri', { redirect_uri: null }],
      ['of nobody’s client', { client_id: 'nobody' }],
      ['a script in redirect_uri', { redirect_uri: 'javascript:alert(1)' }],
      ['response_type token, silently', { response_type: 'token', prompt: 'none' }],
    ];
    rows(table, (side, changes) => send(side, 'GET', 'authorize', { query: side.asking(changes) }));
  });

  describe('otherwise', () => {
    const table: Row<(side: Side) => Promise<Response>>[] = [
      [
        'by POST',
        (side) => send(side, 'POST', 'authorize', { form: side.asking(), signedIn: true }),
        [
          'asks the user',
          'back code',
          'it may come from the client’s site, to which no cookie goes: the browser asks again by GET',
        ],
      ],
      ['by PUT', (side) => send(side, 'PUT', 'authorize', { form: side.asking() }), NO_PAGE_METHOD],
      ['by DELETE', (side) => send(side, 'DELETE', 'authorize', { query: side.asking() }), NO_PAGE_METHOD],
      [
        'by POST of JSON',
        (side) =>
          send(side, 'POST', 'authorize', {
            body: JSON.stringify(Object.fromEntries(side.asking())),
            headers: { 'content-type': 'application/json' },
          }),
        NO_PAGE_FORM,
      ],
      [
        'of a client without codes',
        (side) => send(side, 'GET', 'authorize', { query: side.asking({}, 'machine'), signedIn: true }),
      ],
      [
        'with the ID token of the user, silently',
        async (side) => {
          const { id_token = '' } = await side.tokens();
          const query = side.asking({ id_token_hint: id_token, prompt: 'none' });
          return send(side, 'GET', 'authorize', { query, signedIn: true });
        },
      ],
      [
        'with an ID token for another client, silently',
        async (side) => {
          const { id_token = '' } = await side.tokens('other');
          const query = side.asking({ id_token_hint: id_token, prompt: 'none' });
          return send(side, 'GET', 'authorize', { query, signedIn: true });
        },
      ],
      [
        'of a request that was pushed',
        async (side) => send(side, 'GET', 'authorize', { query: await pushed(side), signedIn: true }),
      ],
      [
        'of a request that was pushed by another client',
        async (side) => {
          const query = await pushed(side, { client_id: side.client('other').client_id });
          return send(side, 'GET', 'authorize', { query, signedIn: true });
        },
      ],
      [
        'of a request that was pushed, without the client',
        async (side) =>
          send(side, 'GET', 'authorize', { query: await pushed(side, { client_id: null }), signedIn: true }),
      ],
      [
        'of a request that was pushed, with another address beside it',
        async (side) => {
          const query = await pushed(side, { redirect_uri: 'https://evil.example/' });
          return send(side, 'GET', 'authorize', { query, signedIn: true });
        },
      ],
      [
        'of a request that was pushed, twice',
        async (side) => {
          const query = await pushed(side);
          await send(side, 'GET', 'authorize', { query, signedIn: true });
          return send(side, 'GET', 'authorize', { query, signedIn: true });
        },
        [
          'back code',
          'page 400',
          'it is kept nowhere, so that a page can be loaded again; it is over after ten minutes (RFC 9126, 4)',
        ],
      ],
    ];
    rows(table, (side, ask) => ask(side));
  });

  async function pushed(side: Side, changes: Changes = {}) {
    const { client_id } = side.client('spa');
    return changed({ client_id, request_uri: await side.pushed() }, changes);
  }
});

describe('token', () => {
  describe('for a code', () => {
    const table: Row<Changes>[] = [
      ['right', RIGHT],
      ['without grant_type', { grant_type: null }],
      ['grant_type empty', { grant_type: '' }],
      ['grant_type in capitals', { grant_type: 'AUTHORIZATION_CODE' }],
      ['grant_type password', { grant_type: 'password' }],
      ['grant_type implicit', { grant_type: 'implicit' }],
      ['grant_type of an extension', { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' }],
      ['grant_type twice', { grant_type: ['authorization_code', 'authorization_code'] }],
      ['grant_type that the client may not', { grant_type: 'client_credentials' }, NO_GRANT],
      ['without code', { code: null }],
      ['code nonsense', { code: 'nonsense' }],
      ['code twice', { code: ['a', 'b'] }],
      ['without redirect_uri', { redirect_uri: null }],
      ['another redirect_uri', { redirect_uri: 'https://evil.example/' }],
      ['redirect_uri with a query', { redirect_uri: `${CALLBACK}?x` }],
      ['redirect_uri twice', { redirect_uri: [CALLBACK, CALLBACK] }],
      [
        'without code_verifier',
        { code_verifier: null },
        [
          '400 invalid_request',
          '400 invalid_grant',
          'a parameter that is missing is invalid_request (RFC 6749, 5.2)',
        ],
      ],
      ['another code_verifier', { code_verifier: 'x'.repeat(43) }],
      ['a short code_verifier', { code_verifier: VERIFIER.slice(1) }],
      ['a long code_verifier', { code_verifier: 'x'.repeat(129) }],
      ['a code_verifier with a blank', { code_verifier: `${'x'.repeat(42)} ` }],
      ['code_verifier twice', { code_verifier: [VERIFIER, VERIFIER] }],
      ['without client_id', { client_id: null }, UNPROVED],
      ['of nobody’s client', { client_id: 'cli_00000000000000000000000000' }],
      ['client_id twice', { client_id: ['a', 'b'] }],
      ['with a secret of a public client', { client_secret: 'x' }],
      ['a resource that is not known', { resource: 'https://elsewhere.example' }],
      ['a parameter that nobody knows', { nonsense: 'x' }],
      ['scope beside it', { scope: 'openid' }],
      ['an assertion beside it', { client_assertion: 'x.y.z' }, UNPROVED],
    ];
    rows(table, async (side, changes) => send(side, 'POST', 'token', { form: await side.exchange(changes) }));

    const more: Row<(side: Side) => Promise<Response>>[] = [
      [
        'of another client',
        async (side) => {
          const code = await side.code('other');
          return send(side, 'POST', 'token', { form: await side.exchange({ code }) });
        },
      ],
      [
        'twice',
        async (side) => {
          const form = await side.exchange();
          await send(side, 'POST', 'token', { form });
          return send(side, 'POST', 'token', { form });
        },
      ],
      [
        'that is too old',
        async (side) => {
          const form = await side.exchange({}, 'brief');
          await side.wait(61_000);
          return send(side, 'POST', 'token', { form });
        },
      ],
      [
        'after another verifier was tried',
        async (side) => {
          const form = await side.exchange();
          const wrong = form.map(([name, value]): [string, string] => [
            name,
            name === 'code_verifier' ? 'x'.repeat(43) : value,
          ]);
          await send(side, 'POST', 'token', { form: wrong });
          return send(side, 'POST', 'token', { form });
        },
        [
          '400 invalid_grant',
          '200',
          'who has a code but not its verifier has stolen it: it is spent (RFC 9700, 4.5)',
        ],
      ],
      [
        'a refresh after its code came twice',
        async (side) => {
          const form = await side.exchange();
          const tokens = (await (await send(side, 'POST', 'token', { form })).json()) as any;
          await send(side, 'POST', 'token', { form });
          return send(side, 'POST', 'token', { form: renewal(side, tokens.refresh_token) });
        },
      ],
    ];
    rows(more, (side, ask) => ask(side));
  });

  describe('for a refresh token', () => {
    const table: Row<Changes>[] = [
      ['right', RIGHT],
      ['without refresh_token', { refresh_token: null }],
      ['refresh_token nonsense', { refresh_token: 'nonsense' }],
      [
        'refresh_token of a shape',
        { refresh_token: `lkr.usr_${'0'.repeat(26)}.ses_${'0'.repeat(26)}.1.${'x'.repeat(43)}` },
      ],
      ['refresh_token twice', { refresh_token: ['a', 'b'] }],
      ['less scope', { scope: 'openid' }],
      ['more scope', { scope: 'openid email profile' }],
      ['scope that is not known', { scope: 'nonsense' }],
      ['scope empty', { scope: '' }],
      ['without client_id', { client_id: null }, UNPROVED],
      ['a resource that is not known', { resource: 'https://elsewhere.example' }],
    ];
    rows(table, async (side, changes) => {
      const { refresh_token = '' } = await side.tokens();
      return send(side, 'POST', 'token', { form: renewal(side, refresh_token, changes) });
    });

    const more: Row<(side: Side) => Promise<Response>>[] = [
      [
        'of another client',
        async (side) => {
          const { refresh_token = '' } = await side.tokens('other');
          return send(side, 'POST', 'token', { form: renewal(side, refresh_token) });
        },
      ],
      [
        'that is an access token',
        async (side) => {
          const { access_token = '' } = await side.tokens();
          return send(side, 'POST', 'token', { form: renewal(side, access_token) });
        },
      ],
      [
        'that was used long before',
        async (side) => {
          const { refresh_token = '' } = await side.tokens();
          const answer = await send(side, 'POST', 'token', { form: renewal(side, refresh_token) });
          const { refresh_token: next } = (await answer.json()) as any;
          await send(side, 'POST', 'token', { form: renewal(side, next) });
          await side.wait(61_000);
          return send(side, 'POST', 'token', { form: renewal(side, refresh_token) });
        },
      ],
      [
        'that was revoked',
        async (side) => {
          const { refresh_token = '' } = await side.tokens();
          const { client_id } = side.client('spa');
          await send(side, 'POST', 'revoke', { form: changed({ token: refresh_token, client_id }, {}) });
          return send(side, 'POST', 'token', { form: renewal(side, refresh_token) });
        },
      ],
      [
        'of a confidential client that does not prove itself',
        async (side) => {
          const { refresh_token = '' } = await side.tokens('web');
          const { client_id } = side.client('web');
          return send(side, 'POST', 'token', { form: renewal(side, refresh_token, { client_id }) });
        },
      ],
    ];
    rows(more, (side, ask) => ask(side));
  });

  describe('for a client itself', () => {
    const grant: Changes = { grant_type: 'client_credentials' };
    const table: Row<(side: Side) => Promise<Sent> | Sent>[] = [
      ['right', (side) => ({ form: changed({}, grant), headers: side.basic('machine') })],
      [
        'right, named beside it',
        (side) => ({ form: changed(named(side, 'machine'), grant), headers: side.basic('machine') }),
      ],
      [
        'named otherwise beside it',
        (side) => ({ form: changed(named(side, 'web'), grant), headers: side.basic('machine') }),
      ],
      ['without proof', (side) => ({ form: changed(named(side, 'machine'), grant) })],
      ['of nobody', () => ({ form: changed({}, grant) }), UNPROVED],
      ['wrong secret', (side) => ({ form: changed({}, grant), headers: side.basic('machine', 'wrong') })],
      [
        'empty secret',
        (side) => ({ form: changed({}, grant), headers: side.basic('machine', '') }),
        UNPROVED,
      ],
      [
        'secret by form',
        (side) => ({
          form: changed(
            { ...named(side, 'machine'), client_secret: side.client('machine').client_secret },
            grant,
          ),
        }),
        [
          '401 invalid_client',
          '200',
          'a client proves itself by the method that it is registered with (OpenID Connect Core 1.0, 9)',
        ],
      ],
      [
        'secret by header, of who posts',
        (side) => ({ form: changed({}, grant), headers: side.basic('posting') }),
        UNPROVED,
      ],
      [
        'secret twice',
        (side) => ({
          form: changed({ client_secret: side.client('machine').client_secret }, grant),
          headers: side.basic('machine'),
        }),
      ],
      [
        'Basic nonsense',
        () => ({ form: changed({}, grant), headers: { authorization: 'Basic !!!' } }),
        UNPROVED,
      ],
      [
        'Basic without a colon',
        () => ({ form: changed({}, grant), headers: { authorization: `Basic ${btoa('abc')}` } }),
        UNPROVED,
      ],
      [
        'Basic in small letters',
        (side) => ({
          form: changed({}, grant),
          headers: { authorization: (side.basic('machine').authorization ?? '').replace('Basic', 'basic') },
        }),
      ],
      [
        'Bearer for proof',
        () => ({ form: changed({}, grant), headers: { authorization: 'Bearer abc' } }),
        UNPROVED,
      ],
      [
        'scope that it has',
        (side) => ({ form: changed({ scope: 'read' }, grant), headers: side.basic('machine') }),
      ],
      [
        'scope that it has not',
        (side) => ({ form: changed({ scope: 'write' }, grant), headers: side.basic('machine') }),
        UNKNOWN_SCOPE_ITSELF,
      ],
      [
        'scope openid',
        (side) => ({ form: changed({ scope: 'openid' }, grant), headers: side.basic('machine') }),
      ],
      [
        'a resource that is not known',
        (side) => ({
          form: changed({ resource: 'https://x.example' }, grant),
          headers: side.basic('machine'),
        }),
      ],
      [
        'of a client that may not',
        (side) => ({ form: changed({}, grant), headers: side.basic('web') }),
        NO_GRANT,
      ],
      ['by key', async (side) => ({ form: [...changed({}, grant), ...(await side.assertion())] })],
      [
        'by key, for the endpoint',
        async (side) => ({
          form: [...changed({}, grant), ...(await side.assertion({ aud: `${side.issuer}/oauth2/token` }))],
        }),
      ],
      [
        'by key, for somebody else',
        async (side) => ({
          form: [...changed({}, grant), ...(await side.assertion({ aud: 'https://elsewhere.example' }))],
        }),
      ],
      [
        'by key, for us and somebody else',
        async (side) => ({
          form: [
            ...changed({}, grant),
            ...(await side.assertion({ aud: [side.issuer, 'https://elsewhere.example'] })),
          ],
        }),
      ],
      [
        'by key, too late',
        async (side) => ({ form: [...changed({}, grant), ...(await side.assertion({ exp: 1 }))] }),
      ],
      [
        'by key, without an end',
        async (side) => ({ form: [...changed({}, grant), ...(await side.assertion({ exp: undefined }))] }),
      ],
      [
        'by key, without jti',
        async (side) => ({ form: [...changed({}, grant), ...(await side.assertion({ jti: undefined }))] }),
      ],
      [
        'by key, of another issuer',
        async (side) => ({ form: [...changed({}, grant), ...(await side.assertion({ iss: 'other' }))] }),
      ],
      [
        'by key, about another client',
        async (side) => ({
          form: [...changed({}, grant), ...(await side.assertion({ sub: side.client('web').client_id }))],
        }),
      ],
      [
        'by key, not yet',
        async (side) => ({
          form: [
            ...changed({}, grant),
            ...(await side.assertion({ nbf: Math.floor(Date.now() / 1000) + 600 })),
          ],
        }),
      ],
      [
        'by key, of another type',
        async (side) => ({ form: [...changed({}, grant), ...(await side.assertion({}, 'urn:nonsense'))] }),
        UNPROVED,
      ],
      [
        'by key, and by secret',
        async (side) => ({
          form: [...changed({}, grant), ...(await side.assertion())],
          headers: side.basic('machine'),
        }),
      ],
      [
        'by key, named otherwise',
        async (side) => ({ form: [...changed(named(side, 'web'), grant), ...(await side.assertion())] }),
      ],
      [
        'by a key that is no JWT',
        () => ({
          form: changed(
            {
              client_assertion: 'nonsense',
              client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            },
            grant,
          ),
        }),
        UNPROVED,
      ],
      [
        'by a type without key',
        () => ({
          form: changed(
            { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' },
            grant,
          ),
        }),
        UNPROVED,
      ],
    ];
    rows(table, async (side, sent) => send(side, 'POST', 'token', await sent(side)));

    it('by a key that was used', () =>
      compare(async (side) => {
        const form = [...changed({}, grant), ...(await side.assertion())];
        await send(side, 'POST', 'token', { form });
        return send(side, 'POST', 'token', { form });
      }));
  });

  describe('otherwise', () => {
    const table: Row<(side: Side) => Promise<Response>>[] = [
      ['by GET', async (side) => send(side, 'GET', 'token', { query: await side.exchange() }), NO_METHOD],
      ['by PUT', async (side) => send(side, 'PUT', 'token', { form: await side.exchange() }), NO_METHOD],
      ['in the query', async (side) => send(side, 'POST', 'token', { query: await side.exchange() })],
      ['empty', (side) => send(side, 'POST', 'token', { form: [] })],
      [
        'as JSON',
        async (side) =>
          send(side, 'POST', 'token', {
            body: JSON.stringify(Object.fromEntries(await side.exchange())),
            headers: { 'content-type': 'application/json' },
          }),
        NO_FORM,
      ],
      [
        'as text',
        async (side) =>
          send(side, 'POST', 'token', {
            body: new URLSearchParams(await side.exchange()).toString(),
            headers: { 'content-type': 'text/plain' },
          }),
        NO_FORM,
      ],
      [
        'as a form with a charset',
        async (side) =>
          send(side, 'POST', 'token', {
            body: new URLSearchParams(await side.exchange()).toString(),
            headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
          }),
      ],
    ];
    rows(table, (side, ask) => ask(side));
  });
});

describe('par', () => {
  const table: Row<Changes>[] = [
    ['right', RIGHT],
    ['without client_id', { client_id: null }, UNPROVED],
    ['of nobody’s client', { client_id: 'cli_00000000000000000000000000' }],
    ['without redirect_uri', { redirect_uri: null }],
    ['another redirect_uri', { redirect_uri: 'https://evil.example/' }],
    ['redirect_uri twice', { redirect_uri: [CALLBACK, CALLBACK] }],
    ['without response_type', { response_type: null }],
    ['response_type token', { response_type: 'token' }],
    [
      'response_mode fragment',
      { response_mode: 'fragment' },
      ['400 invalid_request', '201', 'no tokens or codes in fragments (OAuth 2.1)'],
    ],
    ['without code_challenge', { code_challenge: null }],
    ['code_challenge_method plain', { code_challenge_method: 'plain' }],
    ['scope that is not known', { scope: 'openid nonsense' }, UNKNOWN_SCOPE_PUSHED],
    ['scope twice', { scope: ['openid', 'email'] }],
    ['prompt dance', { prompt: 'dance' }],
    ['prompt none', { prompt: 'none' }],
    ['max_age ten', { max_age: 'ten' }],
    ['a request object', { request: 'x.y.z' }],
    ['a request_uri', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }],
    ['claims that are no JSON', { claims: '{' }],
    ['a resource that is not known', { resource: 'https://elsewhere.example' }],
    ['id_token_hint nonsense', { id_token_hint: 'nonsense' }],
    ['dpop_jkt', { dpop_jkt: 'x'.repeat(43) }],
    ['with a secret of a public client', { client_secret: 'x' }],
  ];
  rows(table, (side, changes) => send(side, 'POST', 'par', { form: side.asking(changes) }));

  const more: Row<(side: Side) => Promise<Response>>[] = [
    ['by GET', (side) => send(side, 'GET', 'par', { query: side.asking() }), NO_METHOD],
    ['empty', (side) => send(side, 'POST', 'par', { form: [] }), UNPROVED],
    [
      'of a confidential client',
      (side) => send(side, 'POST', 'par', { form: side.asking({}, 'web'), headers: side.basic('web') }),
    ],
    [
      'of a confidential client without proof',
      (side) => send(side, 'POST', 'par', { form: side.asking({}, 'web') }),
    ],
    [
      'of a confidential client by a wrong proof',
      (side) =>
        send(side, 'POST', 'par', { form: side.asking({}, 'web'), headers: side.basic('web', 'wrong') }),
    ],
    [
      'of a client for another',
      (side) => send(side, 'POST', 'par', { form: side.asking({}, 'spa'), headers: side.basic('web') }),
    ],
    [
      'of a client without codes',
      (side) =>
        send(side, 'POST', 'par', { form: side.asking({}, 'machine'), headers: side.basic('machine') }),
    ],
  ];
  rows(more, (side, ask) => ask(side));
});

describe.each(['introspect', 'revoke'] as const)('%s', (endpoint) => {
  type Ask = (side: Side) => Promise<Sent>;
  const own = async (side: Side, field: string, changes: Changes = {}): Promise<Sent> => ({
    form: changed({ token: (await side.tokens('web'))[field] ?? '' }, changes),
    headers: side.basic('web'),
  });
  const table: Row<Ask>[] = [
    ['an access token', (side) => own(side, 'access_token')],
    ['a refresh token', (side) => own(side, 'refresh_token')],
    [
      'an access token, taken for the other',
      (side) => own(side, 'access_token', { token_type_hint: 'refresh_token' }),
    ],
    [
      'a refresh token, taken for the other',
      (side) => own(side, 'refresh_token', { token_type_hint: 'access_token' }),
    ],
    [
      'a refresh token, taken for nonsense',
      (side) => own(side, 'refresh_token', { token_type_hint: 'nonsense' }),
    ],
    ['an ID token', (side) => own(side, 'id_token')],
    ['nonsense', (side) => own(side, 'access_token', { token: 'nonsense' })],
    ['a long token', (side) => own(side, 'access_token', { token: 'x'.repeat(5000) })],
    ['without token', (side) => own(side, 'access_token', { token: null })],
    ['token empty', (side) => own(side, 'access_token', { token: '' })],
    ['token twice', (side) => own(side, 'access_token', { token: ['a', 'b'] })],
    [
      'without proof',
      async (side) => ({ ...(await own(side, 'access_token', named(side, 'web'))), headers: {} }),
    ],
    ['of nobody', async (side) => ({ ...(await own(side, 'access_token')), headers: {} }), UNPROVED],
    [
      'by a wrong proof',
      async (side) => ({ ...(await own(side, 'access_token')), headers: side.basic('web', 'wrong') }),
    ],
    [
      'the token of another client',
      async (side) => ({
        form: changed({ token: (await side.tokens('spa')).access_token ?? '' }, {}),
        headers: side.basic('web'),
      }),
    ],
    [
      'the refresh token of another client',
      async (side) => ({
        form: changed({ token: (await side.tokens('spa')).refresh_token ?? '' }, {}),
        headers: side.basic('web'),
      }),
    ],
    [
      'by a public client, its own',
      async (side) => ({
        form: changed({ token: (await side.tokens('spa')).access_token ?? '', ...named(side, 'spa') }, {}),
      }),
    ],
    ['a code', async (side) => own(side, 'access_token', { token: await side.code('web') })],
  ];
  rows(differing(table, endpoint), async (side, ask) => send(side, 'POST', endpoint, await ask(side)));

  const more: Row<(side: Side) => Promise<Response>>[] = [
    [
      'by GET',
      async (side) =>
        send(side, 'GET', endpoint, {
          query: (await own(side, 'access_token')).form ?? [],
          headers: side.basic('web'),
        }),
      NO_METHOD,
    ],
    [
      'as JSON',
      (side) =>
        send(side, 'POST', endpoint, {
          body: '{"token":"x"}',
          headers: { ...side.basic('web'), 'content-type': 'application/json' },
        }),
      NO_FORM,
    ],
    [
      'a token that was revoked',
      async (side) => {
        const sent = await own(side, 'refresh_token');
        await send(side, 'POST', 'revoke', sent);
        return send(side, 'POST', endpoint, sent);
      },
    ],
  ];
  rows(more, (side, ask) => ask(side));
});

describe('userinfo', () => {
  const bearer = (token = '') => ({ headers: { authorization: `Bearer ${token}` } });
  const table: Row<(side: Side) => Promise<Response>>[] = [
    ['right', async (side) => send(side, 'GET', 'userinfo', bearer((await side.tokens()).access_token))],
    ['by POST', async (side) => send(side, 'POST', 'userinfo', bearer((await side.tokens()).access_token))],
    [
      'in the body',
      async (side) =>
        send(side, 'POST', 'userinfo', {
          form: [['access_token', (await side.tokens()).access_token ?? '']],
        }),
    ],
    [
      'in the header and in the body',
      async (side) => {
        const { access_token: token = '' } = await side.tokens();
        return send(side, 'POST', 'userinfo', { ...bearer(token), form: [['access_token', token]] });
      },
    ],
    [
      'in the query',
      async (side) =>
        send(side, 'GET', 'userinfo', {
          query: [['access_token', (await side.tokens()).access_token ?? '']],
        }),
      ['401', '400', 'a token comes in no address (OAuth 2.1, 5.1.1): there is none'],
    ],
    [
      'by PUT',
      async (side) => send(side, 'PUT', 'userinfo', bearer((await side.tokens()).access_token)),
      NO_METHOD,
    ],
    ['without token', (side) => send(side, 'GET', 'userinfo', {})],
    ['nonsense', (side) => send(side, 'GET', 'userinfo', bearer('nonsense'))],
    [
      'Basic',
      (side) => send(side, 'GET', 'userinfo', { headers: side.basic('web') }),
      ['401', '400', 'another scheme is no proof of a user (RFC 6750, 3)'],
    ],
    [
      'by a refresh token',
      async (side) => send(side, 'GET', 'userinfo', bearer((await side.tokens()).refresh_token)),
    ],
    ['by an ID token', async (side) => send(side, 'GET', 'userinfo', bearer((await side.tokens()).id_token))],
    [
      'without the scope',
      async (side) =>
        send(side, 'GET', 'userinfo', bearer((await side.tokens('spa', { scope: 'email' })).access_token)),
    ],
    [
      'that was revoked',
      async (side) => {
        const { access_token = '' } = await side.tokens();
        await send(side, 'POST', 'revoke', {
          form: changed({ token: access_token, ...named(side, 'spa') }, {}),
        });
        return send(side, 'GET', 'userinfo', bearer(access_token));
      },
    ],
  ];
  // Its failures are in our own words, with the code of RFC 6750 in the header.
  rows(
    table,
    (side, ask) => ask(side),
    async ({ status }) => String(status),
  );
});

function named(side: Side, name: Name): Record<string, string> {
  return { client_id: side.client(name).client_id };
}

function renewal(side: Side, refresh_token: string, changes: Changes = {}): [string, string][] {
  const { client_id } = side.client('spa');
  return changed({ grant_type: 'refresh_token', refresh_token, client_id }, changes);
}
