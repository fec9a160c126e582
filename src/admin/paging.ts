import { z } from '@hono/zod-openapi';

/** Rows of a page. */
export const Limit = z.coerce.number().int().min(1).max(100).default(50).openapi({ type: 'integer' });

/** How far a list is counted when nobody keeps the number. */
export const COUNTED = 10_000;

type Key = string | number;

/** `next_cursor` of the page before, as the values that a row comes after. The answer to a forged one is a page. */
export function cursorOf<const Shape extends readonly z.ZodType<Key>[]>(...shape: Shape) {
  const keys = z.tuple(shape as unknown as [z.ZodType<Key>, ...z.ZodType<Key>[]]);
  return z
    .string()
    .max(2000)
    .transform((text, context): { [I in keyof Shape]: z.output<Shape[I]> } => {
      const parsed = keys.safeParse(keysOf(text));
      if (parsed.success) return parsed.data as unknown as { [I in keyof Shape]: z.output<Shape[I]> };
      context.addIssue({ code: 'custom', message: 'Is no cursor of this list' });
      return z.NEVER;
    })
    .optional()
    .openapi({ type: 'string', description: '`next_cursor` of the page before' });
}

/** The cursor after a row with these values. */
export function cursorAfter(...keys: Key[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/** What a cursor says, whatever that is. */
export function keysOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
}

/** Splits one row more than was asked for off a page. */
export function pageOf<Row>(
  rows: Row[],
  limit: number,
  cursor: (last: Row) => string,
): { rows: Row[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, nextCursor: rows.length > limit && last ? cursor(last) : null };
}

/** A list of the admin API. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    data: z.array(item),
    next_cursor: z.string().nullable(),
    total: z.int(),
    total_is_exact: z.boolean().openapi({ description: 'Whether there are no more than `total`' }),
  });
}

/** A page as it goes over the wire. */
export function listShape<Row, Item>(
  page: { rows: Row[]; nextCursor: string | null; total: number; totalIsExact: boolean },
  shape: (row: Row) => Item,
) {
  return {
    data: page.rows.map(shape),
    next_cursor: page.nextCursor,
    total: page.total,
    total_is_exact: page.totalIsExact,
  };
}

/** A count that went no further than COUNTED. */
export function countedTotal(counted: number): { total: number; totalIsExact: boolean } {
  return { total: Math.min(counted, COUNTED), totalIsExact: counted <= COUNTED };
}

/** A point in time of a query, as Unix milliseconds. */
export const Moment = z.iso
  .datetime({ offset: true })
  .transform((value) => Date.parse(value))
  .optional()
  .openapi({ type: 'string', format: 'date-time' });
