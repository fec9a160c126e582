import type { TokenUsage } from './admin-numbers.ts';
import type { Asked, Call, Sent } from './dialect.ts';

/** What Doztra's requests are for; the canonical API keeps it in front of the id of the request. */
const TYPES = ['chat', 'plagiarism', 'prompt_generation', 'prompt', 'document'];

/** Single uses that a walk along the canonical pages takes in, at most, and those of a page. */
const WALK = 1000;
const PAGE = 100;
/** Fewer, where they only say what the tokens of a month were for. */
const MONTH_WALK = 500;

interface Use {
  at: string;
  model: string;
  input_tokens: number;
  output_tokens: number;
  request_id: string | null;
}

interface UsePage {
  data: Use[];
  next_cursor: string | null;
}

interface Standing {
  limit: number | null;
  used: number;
  remaining: number | null;
  resets_at: string;
}

/** The canonical use of a model. A total that is none, and an unknown type, go on as they are, to be refused. */
export function trackedUse({ body }: Asked): Sent {
  const { model, prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = body;
  const type = body.request_type ?? 'chat';
  const input = prompt || completion ? (prompt ?? 0) : (total ?? 0);
  const output = completion ?? 0;
  const isSum = total === undefined || (isCount(input) && isCount(output) && input + output === total);
  const isKnown = typeof type === 'string' && TYPES.includes(type);
  return {
    body: {
      model,
      input_tokens: input,
      output_tokens: output,
      request_id: isKnown ? referenceOf(type, body.request_id ?? undefined) : undefined,
      ...(!isKnown && { request_type: type }),
      ...(!isSum && { total_tokens: total }),
    },
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number';
}

/** Types other than the usual one need a reference to be in. */
function referenceOf(type: string, id: unknown): unknown {
  if (id === undefined) return type === 'chat' ? undefined : `${type}:${crypto.randomUUID()}`;
  return typeof id === 'string' ? `${type}:${id}` : id;
}

/** A use as Doztra lists it. */
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

/** Follows the pages until there are enough uses; `isWhole` when there are no others. */
async function walk(first: UsePage, call: Call, isEnough: (uses: Use[]) => boolean, most = WALK) {
  const uses = [...first.data];
  let cursor = first.next_cursor;
  while (cursor !== null && uses.length < most && !isEnough(uses)) {
    const query = { limit: PAGE, cursor };
    const next: UsePage = await call('GET /v1/me/tokens/history', { query });
    uses.push(...next.data);
    cursor = next.next_cursor;
  }
  return { uses, isWhole: cursor === null };
}

/** The first of the pages that a history is made from. */
export function historyQuery(): Sent {
  return { query: { limit: PAGE } };
}

/** A page of the history by its number, from the canonical one, which goes on by cursors. */
export async function historyPage(first: UsePage, { query }: Asked, call: Call) {
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

async function countOf(call: Call, atLeast: number): Promise<number> {
  const year: TokenUsage = await call('GET /v1/me/tokens', { query: { days: 365 } });
  return Math.min(Math.max(year.totals.requests, atLeast), WALK);
}

function whole(text: string | undefined, fallback: number): number {
  return /^[1-9]\d{0,5}$/.test(text ?? '') ? Number(text) : fallback;
}

/** The days of this month so far (UTC). */
export function thisMonth(): Sent {
  return { query: { days: new Date().getUTCDate() } };
}

/** What models have used this month, as Doztra gives it. */
export async function tokenStatistics(usage: TokenUsage, _: Asked, call: Call) {
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

/** What is used of everything, as Doztra gives it. */
export function usageStatistics({ resources }: { resources: Record<string, Standing> }) {
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
