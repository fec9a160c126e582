import { OpenAPIHono, type RouteConfig, createRoute as routeOf, z } from '@hono/zod-openapi';
import { ApiError, CATALOGUE, type ErrorCode } from '../errors.ts';
import type { AppEnv } from './context.ts';

/** The answer of every failure, RFC 9457. */
export const ProblemSchema = z
  .object({
    type: z.url(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.enum(Object.keys(CATALOGUE) as [ErrorCode, ...ErrorCode[]]),
    request_id: z.string(),
    errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
    checkout_url: z.url().optional(),
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
/** Failures of any route that wants a user. */
const USER: ErrorCode[] = [
  'authentication_required',
  'invalid_token',
  'token_expired',
  'session_ended',
  'account_suspended',
];

/** Failures of any route that wants a service. */
const SERVICE: ErrorCode[] = [
  'authentication_required',
  'invalid_api_key',
  'insufficient_scope',
  'origin_not_allowed',
];

/** Whether it matters who is behind the token: the user, or an admin who acts as the user. */
function isPersonal({ codes, user, service }: { codes?: ErrorCode[]; user?: boolean; service?: boolean }) {
  return user === true && (service === true || codes?.includes('email_not_verified') === true);
}

interface Answer {
  description: string;
  content?: Record<string, unknown>;
}

/** The declared answers of a route: its successes, and one entry a status for the codes it can fail with. */
export function responses<const Success extends Record<number, unknown>>(
  success: Success,
  failures: { codes?: ErrorCode[]; body?: boolean; user?: boolean; service?: boolean },
) {
  const codes = [
    ...(failures.codes ?? []),
    ...(failures.body ? BODY : []),
    ...(failures.user ? USER : []),
    ...(failures.service ? SERVICE : []),
    ...(isPersonal(failures) ? (['impersonation_refused'] as const) : []),
    ...COMMON,
  ];
  const byStatus = Map.groupBy(new Set(codes), (code) => CATALOGUE[code].status);
  const problems = Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.map((code) => `\`${code}\`: ${CATALOGUE[code].title}`).join('. '),
        content: { 'application/problem+json': { schema: ProblemSchema } },
      },
    ]),
  );
  // A status can be both: /health answers 503 for itself, and may meet one.
  const merged = Object.entries(success as Record<string, Answer>).map(([status, answer]) => {
    const problem = problems[status];
    if (!problem) return [status, answer];
    const description = `${answer.description}. ${problem.description}`;
    return [status, { ...answer, description, content: { ...answer.content, ...problem.content } }];
  });
  return { ...problems, ...Object.fromEntries(merged) } as Success;
}

/** A JSON answer or body. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** A required JSON body. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: true, content: { 'application/json': { schema } } } } as const;
}

/** How a route says that it wants a user. */
export const USER_SECURITY: Record<string, string[]>[] = [{ accessToken: [] }, { sessionCookie: [] }];

/** How a route says that it does more for a user. */
export const OPTIONAL_USER_SECURITY: Record<string, string[]>[] = [{}, ...USER_SECURITY];

/** How a route says that it wants a service. */
export const SERVICE_SECURITY: Record<string, string[]>[] = [{ apiKey: [] }];

/** How a route says that it wants an admin, or a service or user. */
export const SERVICE_OR_USER_SECURITY: Record<string, string[]>[] = [...SERVICE_SECURITY, ...USER_SECURITY];

/**
 * Declares a route. Its `operationId` is what a client calls the operation: the resource as the path has it, then a verb
 * (`me.sessions.list`). Clients are made from it, so a rename breaks them.
 */
export function createRoute<
  Path extends string,
  Route extends Omit<RouteConfig, 'path'> & { path: Path; operationId: string },
>(route: Route) {
  return routeOf<Path, Route>(route);
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
        : [{ path: issue.path.join('.'), code: issue.code ?? 'custom', message: issue.message }],
    ),
  });
}
