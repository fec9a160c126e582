import type { Child } from 'hono/jsx';
import type { z } from 'zod';
import { ApiError } from '../errors.ts';
import type { AppContext } from '../http/context.ts';
import { Time } from './account-frame.tsx';
import type { View } from './view.ts';

/** What a form stands for, by a schema of the API. Throws `validation_failed`, which blames the form's fields. */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  body: Record<string, unknown>,
  codes: Record<string, string> = {},
): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ApiError('validation_failed', {
    fields: parsed.error.issues.map(({ path, message }) => {
      const name = String(path[0] ?? '');
      const isMissing = body[name] === undefined || body[name] === '';
      return { path: name, code: isMissing ? 'required' : (codes[name] ?? name), message };
    }),
  });
}

/** What was just done, in words. */
export function saidOf({ text }: View, done: string | undefined): string | undefined {
  const said = text.adminOperations.done;
  return done !== undefined && Object.hasOwn(said, done) ? said[done] : undefined;
}

/** The first moment of a day that a filter names, and the first after it; Unix milliseconds. */
export function dayOf(value: string | undefined): { start?: number; end?: number } {
  const start = /^\d{4}-\d{2}-\d{2}$/.test(value ?? '') ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(start) ? {} : { start, end: start + 86_400_000 };
}

/** What of a query is there and not empty. */
export function givenOf(c: AppContext, names: readonly string[]): Record<string, string> {
  const given = names.map((name) => [name, c.req.query(name)?.trim().slice(0, 200)]);
  return Object.fromEntries(given.filter(([, value]) => value));
}

/** Pages of a list: the first, and the next. */
export function Pager(props: {
  view: View;
  path: string;
  query?: Record<string, string>;
  /** The field of the query that the cursor is in. */
  name?: string;
  isFirst: boolean;
  next: string | null;
}) {
  const { view, path, query = {}, name = 'cursor', isFirst, next } = props;
  const text = view.text.adminOperations;
  if (isFirst && next === null) return null;
  return (
    <nav class="pages" aria-label={text.older}>
      {!isFirst && <a href={view.link(path, query)}>{text.newest}</a>}
      {next !== null && (
        <a href={view.link(path, { ...query, [name]: next })} rel="next">
          {text.older}
        </a>
      )}
    </nav>
  );
}

/** Views of one page, side by side. */
export function Tabs({
  label,
  tabs,
}: {
  label: string;
  tabs: { href: string; says: string; on: boolean }[];
}) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ href, says, on }) => (
        <a href={href} aria-current={on ? 'page' : undefined}>
          {says}
        </a>
      ))}
    </nav>
  );
}

/** How many there are, as far as it was counted. */
export function Count({ view, total, isExact = true }: { view: View; total: number; isExact?: boolean }) {
  const { count, none } = view.text.adminOperations;
  return <p class="soft">{total === 0 ? none : count(total.toLocaleString(view.language), isExact)}</p>;
}

/** A moment, or what stands for none. */
export function TimeOr({ view, at, none }: { view: View; at: number | null; none: string }) {
  return at === null ? none : <Time view={view} at={at} />;
}

/** Names and what they are. */
export function Facts({ facts }: { facts: [string, Child][] }) {
  return (
    <dl class="about">
      {facts.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
