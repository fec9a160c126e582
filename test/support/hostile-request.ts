import fc from 'fast-check';
import { ORIGIN } from './api.ts';
import type { Json, Operation } from './contract.ts';
import { bodyText, maybe, PROTOTYPE_KEYS, shapeless, text } from './hostile.ts';
import {
  contentType,
  forgedCredential,
  formType,
  type Header,
  origin,
  otherHeader,
} from './hostile-headers.ts';

/** A request as it is sent. */
export interface HostileRequest {
  method: string;
  url: string;
  headers: Header[];
  body: string | Uint8Array<ArrayBuffer> | undefined;
  /** A live session or API key to present; then no header forges one. */
  session: 'none' | 'token' | 'cookie' | 'key';
  /** Whether method and path are those of the operation, so that nothing but the operation may answer. */
  isAddressed: boolean;
}

/** Stands in URLs and bodies for what only the sender knows: ids, an address, the refresh token of a live session. */
export const LIVE = {
  sessionId: 'ses_live',
  refreshToken: 'lkr.live',
  userId: 'usr_live',
  /** Somebody whom an admin handles. */
  targetId: 'usr_target',
  messageId: 'msg_live',
  keyId: 'key_live',
  /** A key of the user's own. */
  ownKeyId: 'apk_live',
  email: 'live@example.com',
  paymentMethodId: 'pm_live',
  eventId: 'evt_live',
  clientId: 'cli_live',
  clientSecret: 'lks_live',
  /** An organization of the user. */
  organizationId: 'org_live',
  /** Of a reservation, and of a use of credits: what the document gives for examples. */
  reference: 'order-4711',
  used: 'job-4711',
};

/** What of it a path means. */
function liveSegment(path: string): string {
  if (path.includes('{email}')) return LIVE.email;
  if (path.includes('/me/api-keys/')) return LIVE.ownKeyId;
  if (path.includes('{reference}')) return LIVE.reference;
  if (path.includes('/organizations/{id}')) return LIVE.organizationId;
  if (path.includes('/admin/plans/')) return 'pro';
  if (path.includes('/admin/clients/')) return LIVE.clientId;
  if (path.includes('/payment-methods/')) return LIVE.paymentMethodId;
  if (path.includes('/billing/events/')) return LIVE.eventId;
  if (path.includes('/admin/users/')) return LIVE.targetId;
  if (path.includes('/admin/outbox/')) return LIVE.messageId;
  if (path.includes('/admin/realms/')) return 'other';
  if (path.includes('/users/')) return LIVE.userId;
  return path.includes('api-keys') ? LIVE.keyId : LIVE.sessionId;
}

/** What operations have, and what else the platform lets through. */
const METHODS = 'GET POST PUT PATCH DELETE HEAD OPTIONS TRACE QUERY PROPFIND PURGE'.split(' ');
const REALMS = [
  '',
  'nobody',
  'DEFAULT',
  '%64efault',
  '%00',
  '__proto__',
  '..',
  '%2e%2e',
  '*',
  '😀',
  'a'.repeat(3000),
];
/** Segments that change which route it is. */
const TURNS = ['', '.', '..', '%2e%2E', 'a/b', '\\', '?', '#'];
const SEGMENTS = ['%', '%zz', '%00', '%E0%A4%A', '%2F', ':id', '{id}', '*', ';a=b', '😀', 'x'.repeat(8000)];
const QUERIES = [
  '?deep=1',
  '?deep=0',
  '?deep=1&deep=1',
  '?deep=%zz',
  '?&&==&',
  '?__proto__=1&then=2',
  '?%00',
  '?limit=2&days=3',
  '?user_id=usr_nobody&limit=0&days=0',
  '?user_id=&cursor=-1',
];

type Address = { path: string; isAddressed: boolean };

/** Paths of the operation, in realms that exist; one in ten is not quite that. */
function addresses({ path }: Operation, realms: string[]): fc.Arbitrary<Address> {
  const filled = (segment: fc.Arbitrary<string>) =>
    segment.map((value) => path.replaceAll(/\{\w+\}/g, () => value));
  const encoded = text
    .map((value) => encodeURIComponent(value.toWellFormed()))
    .filter((value) => value !== '' && value !== '.' && value !== '..');
  const right = filled(
    fc.oneof(fc.constant(liveSegment(path)), fc.constantFrom(...SEGMENTS, ...PROTOTYPE_KEYS), encoded),
  );
  const hasRealms = /^\/(v1|oauth2|\.well-known)\//.test(path);
  const prefixes = ['', '', '', ...(hasRealms ? realms.map((id) => `/realms/${id}`) : [])];
  const addressed = fc.tuple(fc.constantFrom(...prefixes), right).map(([prefix, rest]) => prefix + rest);
  const astray = fc.oneof(
    fc.tuple(fc.constantFrom(...REALMS), right).map(([realm, rest]) => `/realms/${realm}${rest}`),
    filled(fc.constantFrom(...TURNS)).map((turned) => (turned === path ? `${path}/` : turned)),
    right.map((rest) => `/${rest}`),
  );
  return fc.oneof(
    { arbitrary: addressed.map((found) => ({ path: found, isAddressed: true })), weight: 9 },
    { arbitrary: astray.map((lost) => ({ path: lost, isAddressed: false })), weight: 1 },
  );
}

/** What is right; an operation that is about a user has to be told whom. */
const rightQuery = ({ definition }: Operation) =>
  definition.parameters?.some(({ name }: Json) => name === 'user_id') ? `?user_id=${LIVE.userId}` : '';

const queries = (right: string) =>
  fc.oneof(
    { arbitrary: fc.constant(right), weight: 4 },
    { arbitrary: fc.constantFrom(...QUERIES, `?${'a=b&'.repeat(4000)}`), weight: 1 },
    { arbitrary: text.map((value) => `?deep=${encodeURIComponent(value.toWellFormed())}`), weight: 1 },
  );

/** What an operation takes as a form. */
const formOf = ({ definition }: Operation): Json | undefined =>
  definition.requestBody?.content['application/x-www-form-urlencoded']?.schema;

/** The same fields as a form has them; what is a list is there several times. */
function asForm(json: string): string {
  const fields = Object.entries<unknown>(JSON.parse(json));
  const written = (value: unknown) =>
    (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed();
  const pairs = fields.flatMap(([name, value]) => [value].flat().map((one) => [name, written(one)]));
  return new URLSearchParams(pairs).toString();
}

/** Bodies for an operation: mostly by its schema, when it has one. */
function bodies(operation: Operation, document: Json, given: Record<string, fc.Arbitrary<unknown>>) {
  const form = formOf(operation);
  const schema = form ?? operation.definition.requestBody?.content['application/json']?.schema;
  if (!schema) return maybe(shapeless, 1, 9);
  const resolved = schema.$ref ? document.components.schemas[schema.$ref.split('/').at(-1)] : schema;
  const texts = bodyText(resolved, given);
  return fc.oneof(
    { arbitrary: form ? texts.map(asForm) : texts, weight: 8 },
    { arbitrary: shapeless, weight: 1 },
    { arbitrary: fc.constant(undefined), weight: 1 },
  );
}

/** What an operation takes, most often a token or key; those for anybody are also tried with a session. */
function sessionsFor({ definition }: Operation): HostileRequest['session'][] {
  const schemes = (definition.security ?? []).flatMap((one: Json) => Object.keys(one));
  if (!schemes.includes('apiKey')) return ['token', 'token', 'cookie'];
  return schemes.includes('accessToken') ? ['key', 'token', 'cookie'] : ['key', 'key', 'token'];
}

/** Requests to an operation, from right to absurd. `given` says what a right value of a field is. */
export function requestsTo(
  operation: Operation,
  {
    document,
    realms,
    given,
  }: { document: Json; realms: string[]; given: Record<string, fc.Arbitrary<unknown>> },
): fc.Arbitrary<HostileRequest> {
  return fc
    .record({
      method: fc.oneof(
        { arbitrary: fc.constant(operation.method), weight: 14 },
        { arbitrary: fc.constantFrom(...METHODS), weight: 1 },
      ),
      address: addresses(operation, realms),
      query: queries(rightQuery(operation)),
      type: formOf(operation) ? formType : contentType,
      forged: maybe(forgedCredential, 2, 1),
      others: fc.array(otherHeader, { maxLength: 2 }),
      origin: maybe(origin, 2, 1),
      session: fc.constantFrom<HostileRequest['session']>('none', ...sessionsFor(operation)),
      body: bodies(operation, document, given),
    })
    .map(({ method, address, query, type, forged, others, session, body, ...rest }) => ({
      method,
      url: `${ORIGIN}${address.path}${query}`,
      headers: [
        ...(body === undefined ? [] : [type]),
        ...(session === 'none' && forged ? [forged] : []),
        ...(rest.origin ? [rest.origin] : []),
        ...others,
      ],
      // The platform refuses to send one.
      body: method === 'GET' || method === 'HEAD' ? undefined : body,
      session,
      isAddressed: method === operation.method && address.isAddressed,
    }));
}
