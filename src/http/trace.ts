import type { AppContext } from './context.ts';

/** W3C Trace Context, 3.2.2: version, trace id, parent id, flags; an id of zeros alone is none. */
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-|$)/;

/**
 * The trace that a request is part of: Cloudflare's where it is traced, else the one that its sender names in `traceparent`; null
 * where neither is.
 */
export function traceIdOf(c: AppContext, span: Span | undefined): string | null {
  return span?.spanContext().traceId ?? TRACEPARENT.exec(c.req.header('traceparent') ?? '')?.[1] ?? null;
}

/** Names the span of the whole request, and says what came of it. */
export function describeTrace(
  c: AppContext,
  span: Span,
  name: string,
  attributes: Record<string, string | number | undefined>,
): void {
  span.updateName(name);
  span.setAttributes(attributes);
  if (c.res.status >= 500) span.setStatus({ code: 'error' });
}

/** The span of the whole request, which asking for costs; undefined where it is not traced. */
export function spanOf(c: AppContext): Span | undefined {
  let ctx: Partial<ExecutionContext>;
  try {
    ctx = c.executionCtx as ExecutionContext;
  } catch {
    // An app that is asked by other means than a Worker is.
    return undefined;
  }
  const span = ctx.tracing?.getActiveSpan();
  return span?.isTraced ? span : undefined;
}
