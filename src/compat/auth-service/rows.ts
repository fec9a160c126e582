import type { Canonical, CanonicalBody } from '../engine/canonical-operations.ts';
import { renamed, same, takes } from '../engine/fields.ts';
import type { ClientRequest, Row, RowTo } from '../engine/row.ts';
import { checkQuery, wholeNumber } from '../fastapi/query-check.ts';
import { accessTokenFields, languageOf, says } from '../fastapi/users.ts';

const GOOGLE = { provider: 'google' };

const userShape = (user: Canonical<'User'>) => ({
  id: user.id,
  username: user.username,
  email: user.email,
  is_verified: user.email_verified,
  is_admin: user.role !== 'user',
  created_at: user.created_at,
});

const bearerOf = ({ headers }: ClientRequest) =>
  /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];

/** Services may name the user in the query, with any method. */
const subjectOf = ({ query, body }: ClientRequest) => body.user_id ?? query.user_id;

const withSubject = (asked: ClientRequest): ClientRequest['body'] => {
  const user_id = subjectOf(asked);
  return { ...asked.body, ...(user_id !== undefined && { user_id }) };
};

/** The types of transactions that have another name in auth_service. They say where credits go: amounts have no sign there. */
const TYPES: Record<string, string> = { added: 'credit_added', used: 'credit_used' };

const transactionShape = (transaction: Canonical<'CreditTransaction'>, user_id: unknown) => ({
  id: transaction.id,
  user_id,
  amount: Math.abs(transaction.amount),
  transaction_type: TYPES[transaction.type] ?? transaction.type,
  reference_id: transaction.reference,
  description: transaction.description,
  new_balance: transaction.balance_after,
  created_at: transaction.created_at,
});

const CHANGE = {
  ...same('user_id', 'amount'),
  reference_id: 'reference',
  ...same('reference', 'description'),
} as const;

type CreditField = keyof CanonicalBody<'POST /v1/credits/add'> & keyof CanonicalBody<'POST /v1/credits/use'>;

const creditChange: Pick<
  RowTo<'POST /v1/credits/add' | 'POST /v1/credits/use'>,
  'sends' | 'gives' | 'body' | 'query'
> = {
  sends: (asked) => {
    const { reference, ...change } = renamed<CreditField>(withSubject(asked), CHANGE);
    const isKeyed = reference !== undefined || asked.headers.has('idempotency-key');
    // Without either, each request is a change of its own.
    return { body: { ...change, reference: isKeyed ? reference : `once-${crypto.randomUUID()}` } };
  },
  gives: ({ transaction }, asked) => transactionShape(transaction, subjectOf(asked)),
  body: CHANGE,
  query: { user_id: 'user_id' },
};

/** Only services may name the payer. The user's own token, which Latchkey also takes, does not count. */
const forPayer = (asked: ClientRequest) => ({
  headers: { 'x-api-key': asked.headers.get('x-api-key') ?? '' },
});

const takesPayer = <Name extends string>(...names: Name[]) => ({
  sends: (asked: ClientRequest) => ({
    ...forPayer(asked),
    body: renamed<Name>(withSubject(asked), same<Name>(...names)),
  }),
  body: same<Name>(...names),
  query: { user_id: 'user_id' },
});

const NEW_USER = same('username', 'email', 'password');
const LINK = {
  ...same('redirect_to', 'state', 'code_challenge', 'code_challenge_method', 'code', 'code_verifier'),
  redirect_uri: 'redirect_to',
} as const;
const PAGE = { skip: wholeNumber(0), limit: wholeNumber(1, 100) };

/** The endpoints of auth_service. */
export const authService: readonly Row[] = [
  {
    from: 'POST /auth/login',
    to: 'POST /v1/auth/login',
    form: true,
    sends: takes({ username: 'identifier', email: 'identifier', password: 'password' }),
    gives: accessTokenFields,
  },
  {
    from: 'POST /auth/register',
    to: 'POST /v1/auth/register',
    sends: ({ body, headers }) => ({
      body: { ...renamed<keyof typeof NEW_USER>(body, NEW_USER), ...languageOf(headers) },
    }),
    body: NEW_USER,
    gives: (json, { body }) => ({
      message: 'A link to verify the address is on its way.',
      username: body.username,
      email: body.email,
      verification_sent: true,
      // Some realms want the address verified first. They answer without a token.
      ...('access_token' in json && accessTokenFields(json)),
    }),
  },
  {
    from: 'GET /auth/verify-email',
    to: 'POST /v1/auth/email/verify',
    page: '/verify-email',
    sends: ({ query }) => ({ body: { token: query.token } }),
    query: { token: 'token' },
    gives: ({ email }) => ({ message: 'The address is verified.', email, is_verified: true }),
  },
  {
    from: 'POST /auth/resend-verification',
    to: 'POST /v1/auth/email/resend',
    sends: takes(same('email')),
    gives: says('If the address is registered and not verified, a link is on its way to it.'),
    status: 200,
  },
  {
    from: 'POST /auth/password-reset-request',
    to: 'POST /v1/auth/password/forgot',
    sends: takes(same('email')),
    gives: says('If the address is registered, a link to set a new password is on its way to it.'),
    status: 200,
  },
  {
    from: 'POST /update-password',
    to: 'POST /v1/auth/password/reset',
    sends: takes({ token: 'token', new_password: 'password', password: 'password' }),
    gives: says('The password is set.'),
    status: 200,
  },
  {
    from: 'GET /auth/oauth/google/login',
    to: 'GET /v1/oauth/{provider}/login',
    query: { redirect_uri: 'redirect_to' },
    sends: ({ query: { redirect_uri, ...query } }) => ({
      params: GOOGLE,
      query: { redirect_to: redirect_uri, ...query },
    }),
  },
  {
    from: 'GET /auth/oauth/google/callback',
    to: 'GET /v1/oauth/{provider}/callback',
    sends: ({ query }) => ({ params: GOOGLE, query }),
  },
  {
    from: 'GET /auth/test-email',
    to: 'POST /v1/admin/outbox/test',
    gives: ({ recipient }) => ({ message: 'A test message is on its way.', email: recipient }),
    status: 200,
  },
  {
    from: 'GET /auth/verify-email-templates',
    to: 'GET /v1/mail-templates',
    gives: ({ data }) => ({
      message: 'Every template was written once.',
      results: Object.fromEntries(data.map(({ template, renders }) => [template, renders])),
    }),
  },
  {
    from: 'POST /auth/refresh',
    to: 'POST /v1/auth/renew',
    sends: (asked) => ({ body: { access_token: asked.body.token ?? bearerOf(asked) } }),
    gives: accessTokenFields,
    body: { token: 'access_token' },
  },
  {
    from: 'GET /auth/me',
    to: 'GET /v1/me',
    level: 'verified',
    gives: userShape,
  },
  {
    from: 'POST /auth/logout',
    to: 'POST /v1/auth/logout',
    level: 'verified',
    sends: () => ({}),
    gives: says('The session has ended.'),
    status: 200,
  },
  {
    from: 'PUT /auth/users/change-password',
    to: 'PUT /v1/me/password',
    sends: takes(same('current_password', 'new_password')),
    gives: says('The password is changed.'),
    status: 200,
  },
  {
    from: 'PUT /auth/users/change-email',
    to: 'PUT /v1/me/email',
    sends: takes({ new_email: 'email', current_password: 'password', password: 'password' }),
    gives: (_, { body }) => ({
      message: 'The new address is used once the link that was mailed there is followed.',
      email: body.new_email,
      verification_sent: true,
    }),
    status: 200,
  },
  {
    from: 'DELETE /auth/users/delete-account',
    to: 'DELETE /v1/me',
    sends: takes(same('password')),
    gives: says('The account is deleted.'),
    status: 200,
  },
  {
    from: 'POST /auth/link/google',
    to: 'POST /v1/me/identities/{provider}',
    sends: ({ body }) => ({ params: GOOGLE, body: renamed(body, LINK) }),
    body: LINK,
    gives: (json) => json ?? { message: 'The account of Google is linked.' },
    status: 200,
  },
  {
    from: 'POST /auth/unlink/google',
    to: 'DELETE /v1/me/identities/{provider}',
    sends: () => ({ params: GOOGLE }),
    gives: says('The account of Google is unlinked.'),
    status: 200,
  },
  {
    from: 'GET /auth/users/{user_id}/email',
    to: 'GET /v1/users/{id}/email',
    sends: ({ params }) => ({ params: { id: params.user_id } }),
    gives: ({ user_id, email, email_verified }) => ({ user_id, email, is_verified: email_verified }),
  },
  {
    from: 'GET /auth/users/by-email/{email}',
    to: 'GET /v1/users/by-email/{email}',
    gives: userShape,
  },
  {
    from: 'GET /credits/balance',
    to: 'GET /v1/credits/balance',
    gives: ({ user_id, balance }) => ({ user_id, balance }),
  },
  { from: 'POST /credits/add', to: 'POST /v1/credits/add', ...creditChange },
  { from: 'POST /credits/use', to: 'POST /v1/credits/use', ...creditChange },
  {
    from: 'GET /credits/transactions',
    to: 'GET /v1/credits/transactions',
    sends: ({ query: { user_id } }) => ({ query: { user_id, limit: 1 } }),
    gives: async (newest, { query }, call) => {
      checkQuery(query, PAGE);
      const { user_id, skip, limit } = query;
      // A cursor of this list is the number of a row, counted from 1. The newest row's number is the count.
      const total_count = Number(newest.next_cursor ?? newest.data.length);
      const cursor = String(Math.max(total_count + 1 - Number(skip || 0), 1));
      const page = await call('GET /v1/credits/transactions', {
        query: { user_id, limit: limit || undefined, cursor },
      });
      const transactions = page.data.map((row) => transactionShape(row, user_id));
      return { transactions, total_count };
    },
    query: { user_id: 'user_id', skip: 'cursor', limit: 'limit' },
  },
  { from: 'POST /stripe/webhook', to: 'POST /v1/billing/webhook' },
  {
    from: 'POST /stripe/create-checkout-session',
    to: 'POST /v1/billing/checkout',
    ...takesPayer('user_id', 'plan', 'price_id', 'quantity', 'success_url', 'cancel_url'),
    gives: ({ id, url }) => ({ session_id: id, url }),
    status: 200,
  },
  {
    from: 'POST /stripe/setup-intent',
    to: 'POST /v1/billing/setup-intent',
    ...takesPayer('user_id'),
    status: 200,
  },
  {
    from: 'GET /stripe/payment-methods',
    to: 'GET /v1/billing/payment-methods',
    sends: (asked) => ({ ...forPayer(asked), query: { user_id: asked.query.user_id } }),
    query: { user_id: 'user_id' },
    gives: ({ data }) => ({ payment_methods: data }),
  },
  {
    from: 'POST /stripe/create-subscription',
    to: 'POST /v1/billing/subscriptions',
    ...takesPayer('user_id', 'plan', 'price_id', 'payment_method_id'),
    gives: (subscription) => ({ subscription_id: subscription?.id, ...subscription, id: undefined }),
    status: 200,
  },
];
