import { OpenAPIHono, type RouteConfig, createRoute as routeOf, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { ApiError, CATALOGUE, type ErrorCode } from '../errors.ts';
import type { AppEnv } from './context.ts';
import type { Level } from './levels.ts';

/** The answer of every failure, RFC 9457. */
export const ProblemSchema = z
  .object({
    type: z.url(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.enum(Object.keys(CATALOGUE) as [ErrorCode, ...ErrorCode[]]),
    request_id: z.string(),
    trace_id: z
      .string()
      .optional()
      .openapi({ description: 'Of a request that is part of a trace, such as one with `traceparent`' }),
    errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
    checkout_url: z.url().optional(),
    challenge: z
      .looseObject({ type: z.string() })
      .optional()
      .openapi({ description: 'Of `challenge_required`: what `GET /v1/auth/challenge` answers' }),
    mfa_token: z.string().optional(),
    methods: z.array(z.string()).optional(),
    page: z.url().optional(),
  })
  .openapi('Problem');

/** Failures that any route can answer with, besides its own. */
const COMMON: ErrorCode[] = ['realm_not_found', 'rate_limited', 'internal_error', 'service_unavailable'];
/** Failures of any route that reads a body. */
const BODY: ErrorCode[] = [
  'invalid_json',
  'origin_not_allowed',
  'payload_too_large',
  'unsupported_media_type',
  'validation_failed',
];

interface Answer {
  description: string;
  content?: Record<string, unknown>;
}

/** The declared answers of a route: its successes, and one entry a status for the codes it can fail with. */
export function responses<const Success extends Record<number, unknown>>(
  success: Success,
  failures: { codes?: readonly ErrorCode[]; body?: boolean } = {},
) {
  const codes = [...(failures.codes ?? []), ...(failures.body ? BODY : []), ...COMMON];
  return withFailures(success, codes) as Success;
}

/** Answers, with one entry a status for the codes that they do not have yet. */
function withFailures(answers: Record<number, unknown>, codes: Iterable<ErrorCode>): Record<number, unknown> {
  const byStatus = Map.groupBy(new Set(codes), (code) => CATALOGUE[code].status);
  const merged = { ...(answers as Record<number, Answer>) };
  for (const [status, group] of byStatus) {
    // A status can be both a success and a failure: /health answers 503 for itself, and may meet one.
    const { description = '', content, ...answer } = merged[status] ?? {};
    const news = group.filter((code) => !description.includes(`\`${code}\`:`));
    merged[status] = {
      ...answer,
      description: [description, ...news.map((code) => `\`${code}\`: ${CATALOGUE[code].title}`)]
        .filter(Boolean)
        .join('. '),
      content: { ...content, 'application/problem+json': { schema: ProblemSchema } },
    };
  }
  return merged;
}

/** A JSON answer or body. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** A required JSON body. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: true, content: { 'application/json': { schema } } } } as const;
}

/** A JSON body that may be missing. */
export function optionalBody<Schema extends z.ZodType>(schema: Schema) {
  return { body: { ...jsonBody(schema).body, required: false as const } };
}

const SolutionHeader = z.object({
  'challenge-solution': z.string().max(8000).optional().openapi({
    description: 'The solution of a challenge, where one was asked for',
  }),
});

/** What a route is beside what its schemas say. */
interface Declaration {
  /** The resource as the path has it, then a verb (`me.sessions.list`): what a client calls the operation. */
  operationId: string;
  level: Level;
  /** A rate limit, before anything else is looked at. */
  limit?: MiddlewareHandler<AppEnv>;
  /** Holds up robots, which solve no challenge. */
  challenge?: MiddlewareHandler<AppEnv>;
  /** What comes between the guard of the level and the handler. */
  middleware?: MiddlewareHandler<AppEnv>;
}

/**
 * Declares a route. Who may call it, what the document says of that, and how it can fail for it, follow from its level.
 * Clients are made from its `operationId`, so a rename breaks them.
 *
 * @example createRoute({ operationId: 'me.get', method: 'get', path: '/v1/me', level: levels.user(), … });
 */
export function createRoute<
  Path extends string,
  Route extends Omit<RouteConfig, 'path' | 'security' | 'middleware'> & Declaration & { path: Path },
>(route: Route) {
  const { level, limit, challenge, middleware, responses: answers, request, ...rest } = route;
  const { description, security, failures, guard } = level;
  // A cookie, and a key, count only where the browser says where the request comes from.
  const isForeign = security && route.method !== 'get' ? (['origin_not_allowed'] as const) : [];
  const held = challenge ? (['challenge_required'] as const) : [];
  return routeOf({
    ...rest,
    request: challenge ? { ...request, headers: SolutionHeader } : request,
    ...(security && { security }),
    'x-level': description,
    middleware: [limit, guard, challenge, middleware].filter((one) => one !== null && one !== undefined),
    responses: withFailures(answers, [...failures, ...isForeign, ...held]),
  } as unknown as Omit<Route, 'middleware'>);
}

/** A router for one feature, whose validation failures become 422 problems that name every field. */
export function featureRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      throw validationFailed(result.error);
    },
  });
}

/** The 422 for an input that its schema refuses, which names every field. */
export function validationFailed(error: z.ZodError): ApiError {
  return new ApiError('validation_failed', {
    fields: error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({
            path: [...issue.path, key].join('.'),
            code: 'unknown_field',
            message: 'There is no such field',
          }))
        : [{ path: issue.path.join('.'), code: issue.code ?? 'custom', message: messageOf(issue) }],
    ),
  });
}

/** Zod says of a field that is not there that it is of the wrong type. */
function messageOf({ code, message }: z.core.$ZodIssue): string {
  return code === 'invalid_type' && message.endsWith('received undefined') ? 'Is needed' : message;
}
