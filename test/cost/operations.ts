import { runInDurableObject } from 'cloudflare:test';
import { accountOf, INTERNAL, login, register } from '../support/api.ts';
import { countingApp } from '../support/counting.ts';
import { project } from '../support/projection.ts';
import { countRows, takeRows } from '../support/rows.ts';

/** What one operation writes and calls, once all is told that it had to tell. */
export interface Cost {
  /** Rows in the user's account object, and in those that count attempts. */
  object_rows: number;
  limiter_rows: number;
  d1_rows: number;
  statements: number;
  /** Requests to objects, alarms included. */
  calls: number;
}

/** Operations of one user in a minute, over which what is told once a minute is spread. */
const TIMES = 10;
const PASSWORD = 'three lighthouses at dusk';
const DEVICE = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' };

/** Counts what each operation costs, exactly. The numbers are those of an account that is in use. */
export async function costs(): Promise<Record<string, Cost>> {
  await countRows();
  const { request, take } = countingApp();
  let address = 0;
  const send = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const from = { 'cf-connecting-ip': `10.77.0.${address}`, 'content-type': 'application/json', ...DEVICE };
    const init = body === undefined ? { method: 'GET' } : { method: 'POST', body: JSON.stringify(body) };
    const response = await request(path, { ...init, headers: { ...from, ...headers } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return { body: (await response.json()) as any, cookies: response.headers.getSetCookie() };
  };
  const service = (path: string, body: object) => send(path, body, INTERNAL);

  const { user, access_token: token, refresh_token } = await register();
  const { id, email } = user;
  const signedIn = (await login(email)).body;
  await service('/v1/credits/add', { user_id: id, amount: 1_000_000, reference: 'start' });
  const whole = { token, resource: 'messages', quantity: 1 };
  await service('/v1/authorize', { ...whole, credits: 1, reference: 'warm' });
  await project(id);

  let refreshToken = refresh_token;
  const first = await send('/v1/auth/login', { identifier: email, password: PASSWORD });
  let cookie = cookieOf(first.cookies);
  const back = await send('/v1/auth/login', { identifier: email, password: PASSWORD }, cookie);
  cookie = { ...cookie, ...cookieOf(back.cookies) };
  await project(id);

  const spread = async (act: (n: number) => Promise<unknown>, users: string[] = [id]): Promise<Cost> => {
    await takeRows();
    take();
    for (let n = 0; n < TIMES; n += 1) await act(n);
    const { account, rateLimiter } = take();
    let alarms = 0;
    for (const one of users) {
      if (await isDue(one)) alarms += (await project(one)) ? 1 : 0;
    }
    const { objectRows, otherRows, d1Rows, statements } = await takeRows(...users);
    const each = (of: number) => of / TIMES;
    return {
      object_rows: each(objectRows),
      limiter_rows: each(otherRows),
      d1_rows: each(d1Rows),
      statements: each(statements),
      calls: each(account + rateLimiter + alarms),
    };
  };
  const made: string[] = [];
  return {
    session_check: await spread(() =>
      send('/v1/auth/session', undefined, { authorization: `Bearer ${signedIn.access_token}` }),
    ),
    refresh: await spread(async () => {
      refreshToken = (await send('/v1/auth/refresh', { refresh_token: refreshToken })).body.refresh_token;
    }),
    authorize_quota: await spread((n) => service('/v1/authorize', { ...whole, reference: `quota-${n}` })),
    authorize_credits: await spread((n) =>
      service('/v1/authorize', { ...whole, credits: 1, reference: `credits-${n}` }),
    ),
    tokens: await spread((n) =>
      send(
        '/v1/me/tokens',
        { model: 'small', input_tokens: 5, output_tokens: 5, request_id: `tokens-${n}` },
        {
          authorization: `Bearer ${token}`,
        },
      ),
    ),
    sign_in: await spread(() => {
      address += 1;
      return send('/v1/auth/login', { identifier: email, password: PASSWORD }, cookie);
    }),
    register: await spread(async (n) => {
      address += 1;
      made.push(
        (await send('/v1/auth/register', { email: `cost-${n}@example.com`, password: PASSWORD })).body.user
          .id,
      );
    }, made),
  };
}

function cookieOf(cookies: string[]): Record<string, string> {
  return { cookie: cookies.map((one) => one.split(';')[0]).join('; ') };
}

/** Whether the object has something to do by the time that sums are told; in a year it will have anyway. */
function isDue(userId: string): Promise<boolean> {
  return runInDurableObject(accountOf(userId), async (_, { storage }) => {
    const alarm = await storage.getAlarm();
    return alarm !== null && alarm < Date.now() + 120_000;
  });
}
