import { describe, expect, it } from 'vitest';
import { registerRole } from '../support/admin.ts';
import { call, register } from '../support/api.ts';
import { changePlan } from '../support/metering.ts';
import { project } from '../support/projection.ts';

const today = () => new Date().toISOString().slice(0, 10);
const track = (token: string, body: unknown) => call('POST', '/api/tokens/me/track', { token, body });
const chat = { request_type: 'chat', model: 'gpt-4', prompt_tokens: 200, completion_tokens: 800 };

async function proUser() {
  const user = await register();
  await changePlan(user.user.id, { plan: 'pro' });
  return { id: user.user.id, token: user.access_token };
}

describe('POST /api/tokens/me/track', () => {
  it('counts tokens of both kinds, or a total alone, once for a request', async () => {
    const { token } = await proUser();
    const body = { ...chat, total_tokens: 1000, request_id: 'test_request_123', metadata: { a: 1 } };
    const answer = await track(token, body);
    expect([answer.status, answer.body]).toEqual([
      200,
      { success: true, message: 'Token usage tracked successfully', id: 'test_request_123' },
    ]);
    await track(token, body);
    const alone = await track(token, { request_type: 'document', model: 'gpt-4', total_tokens: 500 });
    expect([alone.status, alone.body.id]).toEqual([200, expect.any(String)]);
    const { body: usage } = await call('GET', '/api/usage/me', { token });
    expect(usage.tokens.used).toBe(1500);
  });

  it('refuses counts that are none or do not add up, and types that there are not', async () => {
    const { token } = await proUser();
    const wrong: [object, string][] = [
      [{ ...chat, prompt_tokens: -100 }, 'prompt_tokens'],
      [{ ...chat, total_tokens: 700 }, 'total_tokens'],
      [{ ...chat, prompt_tokens: '200', total_tokens: 1000 }, 'prompt_tokens'],
      [{ ...chat, request_type: 'invalid_type' }, 'request_type'],
      [{ ...chat, request_type: { toString: 1 } }, 'request_type'],
      [{ ...chat, request_id: 'a b' }, 'request_id'],
      [{ ...chat, request_id: 7 }, 'request_id'],
      [{ request_type: 'chat', model: 'gpt-4' }, 'prompt_tokens'],
      [{ ...chat, model: undefined }, 'model'],
    ];
    for (const [body, field] of wrong) {
      const answer = await track(token, body);
      expect([body, answer.status]).toEqual([body, 422]);
      expect(answer.body.detail.map(({ loc }: any) => loc[1])).toContain(field);
    }
  });

  it('refuses models that the plan has not, and more than it has', async () => {
    const { user, access_token: token } = await register();
    const model = await track(token, chat);
    expect([model.status, model.body.code, typeof model.body.detail]).toEqual([
      403,
      'model_not_in_plan',
      'string',
    ]);
    await changePlan(user.id, { custom_limits: { tokens: { month: 10 } } });
    const quota = await track(token, { ...chat, model: 'gpt-3.5-turbo' });
    expect([quota.status, quota.body.code]).toEqual([429, 'quota_exceeded']);
  });
});

it('refuses a model above `max_model_tier`, by whatever name of it, and takes those up to it', async () => {
  const { user, access_token: token } = await register();
  const highest = async () =>
    (await call('GET', '/api/users/me/subscription', { token })).body.max_model_tier;
  const tried = async (model: string) => {
    const { status, body } = await track(token, { ...chat, model });
    return status === 403 ? body.code : status;
  };
  const allowed = async () => {
    const models = ['gpt-3.5-turbo', 'gpt-4', 'gpt-4-turbo', 'gpt-4-turbo-2024-04-09'];
    return [await highest(), ...(await Promise.all(models.map(tried)))];
  };
  const no = 'model_not_in_plan';
  expect(await allowed()).toEqual(['gpt-3.5-turbo', 200, no, no, no]);
  await changePlan(user.id, { plan: 'pro' });
  expect(await allowed()).toEqual(['gpt-4', 200, 200, no, no]);
  const { body } = await track(token, { ...chat, model: 'gpt-4-turbo' });
  expect(body.detail).toBe('The plan includes models up to gpt-4');
  await changePlan(user.id, { plan: 'enterprise' });
  expect(await allowed()).toEqual(['gpt-4-turbo', 200, 200, 200, 200]);
});

describe('what a user has used', () => {
  it('GET /api/tokens/me', async () => {
    const { id, token } = await proUser();
    await track(token, chat);
    await track(token, {
      request_type: 'plagiarism',
      model: 'gpt-3.5-turbo',
      total_tokens: 70,
      request_id: 'p',
    });
    await track(token, { request_type: 'prompt', model: 'gpt-4', total_tokens: 30 });
    await project(id);
    const { status, body } = await call('GET', '/api/tokens/me', { token });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      current_period: {
        start_date: `${today().slice(0, 7)}-01T00:00:00.000Z`,
        end_date: expect.stringMatching(/T23:59:59.999Z$/),
        tokens_used: 1100,
        tokens_limit: 5_000_000,
        tokens_remaining: 4_998_900,
        percentage_used: 0.02,
      },
      breakdown: {
        chat: { prompt_tokens: 200, completion_tokens: 800, total_tokens: 1000 },
        plagiarism: { total_tokens: 70 },
        prompt_generation: { total_tokens: 30 },
      },
      models: { 'gpt-4': 1030, 'gpt-3.5-turbo': 70 },
    });
    expect(body.breakdown).not.toHaveProperty('other');
    expect(body.daily_usage.at(-1)).toEqual({ date: today(), total_tokens: 1100 });
    expect(body.daily_usage).toHaveLength(new Date().getUTCDate());
  });

  it.each(['GET /api/usage/me', 'GET /api/users/me/usage'])('%s', async (row) => {
    const { token } = await proUser();
    await track(token, chat);
    const { status, body } = await call('GET', row.split(' ')[1] as string, { token });
    expect(status).toBe(200);
    const reset_date = expect.stringMatching(/-\d\dT00:00:00/);
    expect(body).toEqual({
      chat_messages: { used: 0, limit: 1000, reset_date },
      plagiarism_checks: { used: 0, limit: null, reset_date },
      prompts_generated: { used: 0, limit: null, reset_date },
      tokens: { used: 1000, limit: 5_000_000, reset_date },
    });
  });
});

describe('GET /api/tokens/me/history', () => {
  it('goes by pages, and narrows by type, model and date', async () => {
    const { id, token } = await proUser();
    for (let i = 1; i <= 4; i++) await track(token, { ...chat, prompt_tokens: i, request_id: `r${i}` });
    await track(token, { request_type: 'document', model: 'gpt-4', total_tokens: 9, request_id: 'r5:x' });
    await track(token, { model: 'gpt-3.5-turbo', total_tokens: 5 });
    await project(id);
    const get = async (query = '') => (await call('GET', `/api/tokens/me/history?${query}`, { token })).body;
    const all = await get();
    expect(all).toMatchObject({ total_records: 6, total_pages: 1, current_page: 1, records_per_page: 20 });
    expect(all.history.map(({ total_tokens }: any) => total_tokens)).toEqual([5, 9, 804, 803, 802, 801]);
    expect(all.history[1]).toEqual({
      id: 'document:r5:x',
      date: expect.stringContaining(today()),
      request_type: 'document',
      model: 'gpt-4',
      prompt_tokens: 9,
      completion_tokens: 0,
      total_tokens: 9,
      request_id: 'r5:x',
    });
    expect(all.history[0]).toMatchObject({ request_type: 'chat', request_id: null });
    const second = await get('page=2&per_page=2');
    expect(second).toMatchObject({ total_records: 6, total_pages: 3, current_page: 2, records_per_page: 2 });
    expect(second.history.map(({ request_id }: any) => request_id)).toEqual(['r4', 'r3']);
    expect((await get('page=9&limit=2')).history).toEqual([]);
    expect((await get('request_type=document')).total_records).toBe(1);
    expect((await get('model=gpt-3.5-turbo')).total_records).toBe(1);
    expect((await get(`start_date=${today()}&end_date=${today()}`)).total_records).toBe(6);
    expect((await get('start_date=&end_date=&request_type=&model=')).total_records).toBe(6);
    expect((await get('end_date=2020-01-01')).history).toEqual([]);
    expect((await get('start_date=2099-01-01')).history).toEqual([]);
  });

  it('has more uses than one canonical page', async () => {
    const { id, token } = await proUser();
    for (let i = 0; i < 13; i++) {
      await Promise.all(Array.from({ length: 8 }, () => track(token, { model: 'gpt-4', total_tokens: 1 })));
    }
    await project(id);
    const get = async (query: string) =>
      (await call('GET', `/api/tokens/me/history?${query}`, { token })).body;
    expect(await get('')).toMatchObject({ total_records: 104, total_pages: 6 });
    expect((await get('page=2&per_page=100')).history).toHaveLength(4);
    expect((await get('model=gpt-4&page=6')).history).toHaveLength(4);
  });
});

describe('GET /api/tokens/admin/usage', () => {
  it('sums the realm by day, model, user', async () => {
    const { access_token: token } = await registerRole('admin');
    const { id, token: theirs } = await proUser();
    await track(theirs, { ...chat, model: 'gpt-4-analysed' });
    await project(id);
    const get = async (query = '') => (await call('GET', `/api/tokens/admin/usage?${query}`, { token })).body;
    const all = await get();
    expect(all).toMatchObject({
      breakdown_by_model: { 'gpt-4-analysed': 1000 },
      breakdown_by_request_type: { all: all.total_tokens },
      active_users: expect.any(Number),
      average_tokens_per_user: expect.any(Number),
    });
    expect(all.total_tokens).toBe(all.prompt_tokens + all.completion_tokens);
    expect(all.breakdown_by_day).toHaveLength(31);
    expect(all.breakdown_by_day.at(-1)).toEqual({ date: today(), total_tokens: all.total_tokens });
    expect(all.breakdown_by_user).toContainEqual(
      expect.objectContaining({ user_id: id, email: expect.any(String), total_tokens: 1000 }),
    );
    const one = await get('model=gpt-4-analysed&group_by=model');
    expect(one).toMatchObject({ total_tokens: 1000, prompt_tokens: 200, completion_tokens: 800 });
    expect(one.breakdown_by_model).toEqual([
      {
        model: 'gpt-4-analysed',
        total_tokens: 1000,
        prompt_tokens: 200,
        completion_tokens: 800,
        request_count: 1,
      },
    ]);
    expect((await get('group_by=request_type')).breakdown_by_request_type[0].total_tokens).toBe(
      all.total_tokens,
    );
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const before = await get(`start_date=${yesterday}&end_date=${yesterday}`);
    expect(before).toMatchObject({ total_tokens: 0, breakdown_by_model: {}, active_users: 0 });
    expect(before.breakdown_by_day).toEqual([{ date: yesterday, total_tokens: 0 }]);
    expect((await get(`start_date=${today()}`)).breakdown_by_day).toHaveLength(1);
    expect((await get('start_date=1999-01-01')).breakdown_by_day).toHaveLength(365);
    expect((await get('start_date=soon')).detail[0].loc).toEqual(['query', 'start_date']);
  });
});
