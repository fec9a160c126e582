import { ApiError } from '../../errors.ts';
import type {
  CallCanonical,
  Canonical,
  CanonicalRequest,
  Unchecked,
} from '../engine/canonical-operations.ts';
import type { ClientRequest, Names } from '../engine/row.ts';
import { checkQuery, date, oneOf, wholeNumber } from '../fastapi/query-check.ts';
import { refuseModelAbove } from './account.ts';

/** The types of Doztra's requests. The canonical API keeps the type in front of the id of the request. */
const TYPES = ['chat', 'plagiarism', 'prompt_generation', 'prompt', 'document'];

/** The most single uses that a walk along the canonical pages reads, and those of one page. */
const WALK = 1000;
const PAGE = 100;
/** The most single uses that show what the tokens of a month were used for. */
const MONTH_WALK = 500;

type Use = Canonical<'TokenEvent'>;
type UsePage = Canonical<'TokenEventList'>;
type QuotaReport = Canonical<'QuotaReport'>;
type Standing = Omit<QuotaReport['resources'][string], 'period'>;

/** What Doztra reads of a use of a model. */
export const TRACKED_USE: Names = {
  model: 'model',
  prompt_tokens: 'input_tokens',
  completion_tokens: 'output_tokens',
  total_tokens: 'input_tokens',
  request_type: [],
  request_id: 'request_id',
};

/** Reads a use of a model. Refuses an unknown type, and a total that is not the sum, of which Latchkey knows nothing. */
export async function trackedUse(
  { body }: ClientRequest,
  call: CallCanonical,
): Promise<CanonicalRequest<'POST /v1/me/tokens'>> {
  const { model, prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = body;
  const type = body.request_type ?? 'chat';
  const input = prompt || completion ? (prompt ?? 0) : (total ?? 0);
  const output = completion ?? 0;
  const isSum = total == null || (isCount(input) && isCount(output) && input + output === total);
  const isKnown = typeof type === 'string' && TYPES.includes(type);
  const wrong = [
    ...(isKnown
      ? []
      : [{ path: 'request_type', code: 'invalid', message: `Must be one of ${TYPES.join(', ')}` }]),
    // What is no number at all the canonical operation refuses.
    ...(isSum || !isCount(input) || !isCount(output)
      ? []
      : [
          {
            path: 'total_tokens',
            code: 'invalid',
            message: 'Must be the sum of prompt_tokens and completion_tokens',
          },
        ]),
  ];
  if (wrong.length > 0) {
    await call('GET /v1/auth/session');
    throw new ApiError('validation_failed', { fields: wrong });
  }
  await refuseModelAbove(model, call);
  return {
    body: {
      model,
      input_tokens: input,
      output_tokens: output,
      request_id: isKnown ? referenceOf(type, body.request_id ?? undefined) : undefined,
    },
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number';
}

/** Puts the type into the reference. The usual type needs none. */
function referenceOf(type: string, id: Unchecked | undefined) {
  if (id === undefined) return type === 'chat' ? undefined : `${type}:${crypto.randomUUID()}`;
  return typeof id === 'string' ? `${type}:${id}` : id;
}

/** Writes a use as Doztra lists it. */
function recordOf({ at, model, input_tokens, output_tokens, request_id }: Use) {
  const [type = '', ...id] = request_id?.split(':') ?? [];
  const isTyped = TYPES.includes(type) && id.length > 0;
  return {
    id: request_id ?? at,
    date: at,
    request_type: isTyped ? type : 'chat',
    model,
    prompt_tokens: input_tokens,
    completion_tokens: output_tokens,
    total_tokens: input_tokens + output_tokens,
    request_id: isTyped ? id.join(':') : request_id,
  };
}

/** Follows the pages until there are enough uses. `isWhole` says that there are no others. */
async function walk(first: UsePage, call: CallCanonical, isEnough: (uses: Use[]) => boolean, most = WALK) {
  const uses = [...first.data];
  let cursor = first.next_cursor;
  while (cursor !== null && uses.length < most && !isEnough(uses)) {
    const query = { limit: PAGE, cursor };
    const next = await call('GET /v1/me/tokens/history', { query });
    uses.push(...next.data);
    cursor = next.next_cursor;
  }
  return { uses, isWhole: cursor === null };
}

/** What Doztra reads in the query of the history. */
export const HISTORY_QUERY: Names = {
  page: [],
  per_page: [],
  limit: [],
  start_date: [],
  end_date: [],
  request_type: [],
  model: [],
};

const RULES = {
  page: wholeNumber(1),
  per_page: wholeNumber(1),
  limit: wholeNumber(1),
  start_date: date,
  end_date: date,
  request_type: oneOf(...TYPES),
};

/** Asks for the first of the canonical pages that a history is made from. */
export function historyQuery(): CanonicalRequest<'GET /v1/me/tokens/history'> {
  return { query: { limit: PAGE } };
}

/** Writes a page of the history by its number. Canonical pages have cursors instead. */
export async function historyPage(first: UsePage, { query }: ClientRequest, call: CallCanonical) {
  checkQuery(query, RULES);
  const size = Math.min(whole(query.per_page ?? query.limit, 20), PAGE);
  const page = whole(query.page, 1);
  const { start_date: start, end_date: end, request_type: type, model } = query;
  const from = start || '';
  const to = end || '~';
  const isFiltered = !!(start || end || type || model);
  const isBefore = ({ at }: Use) => at.slice(0, 10) < from.slice(0, 10);
  const { uses, isWhole } = await walk(first, call, (found) =>
    isFiltered ? found.some(isBefore) : found.length >= page * size,
  );
  const records = uses
    .filter(
      (use) => !isBefore(use) && use.at.slice(0, 10) <= to.slice(0, 10) && (!model || use.model === model),
    )
    .map(recordOf)
    .filter(({ request_type }) => !type || request_type === type);
  const total = isFiltered || isWhole ? records.length : await countOf(call, records.length);
  return {
    total_records: total,
    total_pages: Math.max(1, Math.ceil(total / size)),
    current_page: page,
    records_per_page: size,
    history: records.slice((page - 1) * size, page * size),
  };
}

async function countOf(call: CallCanonical, atLeast: number): Promise<number> {
  const year = await call('GET /v1/me/tokens', { query: { days: 365 } });
  return Math.min(Math.max(year.totals.requests, atLeast), WALK);
}

function whole(text: string | undefined, fallback: number): number {
  return /^[1-9]\d{0,5}$/.test(text ?? '') ? Number(text) : fallback;
}

/** Asks for the days of this month so far (UTC). */
export function thisMonth(): CanonicalRequest<'GET /v1/me/tokens'> {
  return { query: { days: new Date().getUTCDate() } };
}

/** Writes the tokens that models have used this month, as Doztra does. */
export async function tokenStatistics(usage: Canonical<'TokenUsage'>, _: ClientRequest, call: CallCanonical) {
  const now = new Date();
  const start = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) - 1;
  const [{ resources }, first] = await Promise.all([
    call('GET /v1/me/quota'),
    call('GET /v1/me/tokens/history', historyQuery()),
  ]);
  const { limit, used, remaining }: Standing = resources.tokens ?? unlimited(usage.totals.total_tokens, end);
  const isOlder = ({ at }: Use) => Date.parse(at) < start;
  const { uses } = await walk(first, call, (found) => found.some(isOlder), MONTH_WALK);
  return {
    current_period: {
      start_date: new Date(start).toISOString(),
      end_date: new Date(end).toISOString(),
      tokens_used: used,
      tokens_limit: limit,
      tokens_remaining: remaining,
      percentage_used: limit ? Math.round((used / limit) * 10_000) / 100 : 0,
    },
    breakdown: breakdownOf(uses.filter((use) => !isOlder(use)).map(recordOf), usage.totals.total_tokens),
    models: Object.fromEntries(usage.models.map(({ model, total_tokens }) => [model, total_tokens])),
    daily_usage: usage.daily.map(({ date, total_tokens }) => ({ date, total_tokens })),
  };
}

function breakdownOf(records: ReturnType<typeof recordOf>[], total: number) {
  const sums = Object.fromEntries(
    ['chat', 'plagiarism', 'prompt_generation'].map((type) => [type, sumOf([])]),
  );
  const typeOf = (type: string) => (type === 'prompt' ? 'prompt_generation' : type);
  for (const [type, group] of Map.groupBy(records, (record) => typeOf(record.request_type))) {
    sums[type] = sumOf(group);
  }
  const other = total - sumOf(records).total_tokens;
  return other > 0 ? { ...sums, other: { total_tokens: other } } : sums;
}

function sumOf(records: { prompt_tokens: number; completion_tokens: number; total_tokens: number }[]) {
  const sum = (of: (record: (typeof records)[number]) => number) =>
    records.reduce((total, record) => total + of(record), 0);
  return {
    prompt_tokens: sum((record) => record.prompt_tokens),
    completion_tokens: sum((record) => record.completion_tokens),
    total_tokens: sum((record) => record.total_tokens),
  };
}

function unlimited(used: number, end: number): Standing {
  return { limit: null, used, remaining: null, resets_at: new Date(end + 1).toISOString() };
}

/** Writes the use of every resource as Doztra does. */
export function usageStatistics({ resources }: QuotaReport) {
  const now = new Date();
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) - 1;
  const of = (resource: string) => {
    const { used, limit, resets_at } = resources[resource] ?? unlimited(0, end);
    return { used, limit, reset_date: resets_at };
  };
  return {
    chat_messages: of('messages'),
    plagiarism_checks: of('plagiarism_checks'),
    prompts_generated: of('prompts_generated'),
    tokens: of('tokens'),
  };
}
