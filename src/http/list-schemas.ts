import { z } from '@hono/zod-openapi';
import { keysOf } from './paging.ts';

/** Rows of a page. */
export const PageLimit = z.coerce.number().int().min(1).max(100).default(50).openapi({ type: 'integer' });

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

/** A point in time of a query, as Unix milliseconds. */
export const Moment = z.iso
  .datetime({ offset: true })
  .transform((value) => Date.parse(value))
  .optional()
  .openapi({ type: 'string', format: 'date-time' });
