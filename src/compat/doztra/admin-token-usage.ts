import type { CallCanonical, Canonical, CanonicalRequest } from '../engine/canonical-operations.ts';
import type { ClientRequest, Names } from '../engine/row.ts';
import { mostActive } from '../fastapi/admin-statistics.ts';
import { checkQuery, date, oneOf, passes } from '../fastapi/query-check.ts';

const DAY = 86_400_000;

/** What Doztra reads in the query of the use by all. */
export const ADMIN_USAGE_QUERY: Names = { start_date: 'days', end_date: [], model: [], group_by: [] };

const RULES = { start_date: date, end_date: date, group_by: oneOf('day', 'model', 'user', 'request_type') };

/** Asks for the days from the client's first day until today. */
export function adminUsageQuery({ query }: ClientRequest): CanonicalRequest<'GET /v1/admin/tokens'> {
  const days = query.start_date && passes(query, RULES) ? daysSince(query.start_date) + 1 : 31;
  return { query: { days: Math.max(1, Math.min(days, 365)) } };
}

function daysSince(date: string): number {
  return Math.floor(Date.now() / DAY) - Math.floor(Date.parse(date) / DAY);
}

/** Writes the tokens that a realm has used, grouped as Doztra groups them. */
export async function adminUsage(
  usage: Canonical<'RealmTokenUsage'>,
  { query }: ClientRequest,
  call: CallCanonical,
) {
  checkQuery(query, RULES);
  const late = query.end_date ? Math.min(daysSince(query.end_date), 365) : 0;
  const [after, statistics, { top_users: tops }] = await Promise.all([
    late > 0 ? call('GET /v1/admin/tokens', { query: { days: late } }) : null,
    call('GET /v1/admin/statistics', { query: { days: usage.daily.length } }),
    call('GET /v1/admin/dashboard'),
  ]);
  const days = usage.daily.slice(0, late > 0 ? -late : undefined);
  const models = modelsOf(usage, after, query.model);
  const sums = query.model ? models : days;
  const sum = (field: 'input_tokens' | 'output_tokens' | 'total_tokens' | 'requests') =>
    sums.reduce((total, one) => total + one[field], 0);
  const total = sum('total_tokens');
  const most = Math.min(mostActive(statistics.daily.slice(0, days.length)), statistics.total_users);
  const active = Math.max(most, total > 0 ? 1 : 0);
  return {
    total_tokens: total,
    prompt_tokens: sum('input_tokens'),
    completion_tokens: sum('output_tokens'),
    breakdown_by_day: days.map(({ date, total_tokens }) => ({ date, total_tokens })),
    breakdown_by_model:
      query.group_by === 'model'
        ? models.map(({ model, input_tokens, output_tokens, total_tokens, requests }) => ({
            model,
            total_tokens,
            prompt_tokens: input_tokens,
            completion_tokens: output_tokens,
            request_count: requests,
          }))
        : Object.fromEntries(models.map(({ model, total_tokens }) => [model, total_tokens])),
    breakdown_by_request_type:
      query.group_by === 'request_type'
        ? [{ request_type: 'all', total_tokens: total, request_count: sum('requests') }]
        : { all: total },
    breakdown_by_user: (tops.tokens ?? []).map(({ user_id, email, name, quantity }) => ({
      user_id,
      email,
      name,
      total_tokens: quantity,
    })),
    active_users: active,
    average_tokens_per_user: active === 0 ? 0 : total / active,
  };
}

/** Returns what each model has used, less its use after the client's last day. */
function modelsOf(
  usage: Canonical<'RealmTokenUsage'>,
  after: Canonical<'RealmTokenUsage'> | null,
  name: string | undefined,
) {
  const later = new Map(after?.models.map((sum) => [sum.model, sum]));
  return usage.models
    .filter(({ model }) => !name || model === name)
    .map(({ model, ...sum }) => {
      const less = later.get(model);
      return {
        model,
        input_tokens: sum.input_tokens - (less?.input_tokens ?? 0),
        output_tokens: sum.output_tokens - (less?.output_tokens ?? 0),
        total_tokens: sum.total_tokens - (less?.total_tokens ?? 0),
        requests: sum.requests - (less?.requests ?? 0),
      };
    })
    .filter(({ requests }) => requests > 0);
}
