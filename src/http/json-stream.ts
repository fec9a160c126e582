/** The values of a list, page by page, as whoever reads takes them. */
export type Pages<Value> = AsyncIterable<readonly Value[]>;

/** Rows a page. */
const PAGE = 500;

/**
 * All rows, page by page. `next` gives up to `limit` rows that follow the one given, or the first ones; a page that is not
 * full is the last.
 */
export async function* pagesOf<Row>(
  next: (after: Row | null, limit: number) => Promise<Row[]>,
): AsyncGenerator<Row[]> {
  for (let after: Row | null = null; ; ) {
    const rows: Row[] = await next(after, PAGE);
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1) as Row;
  }
}

/** The pages as something else, value by value. */
export async function* mapped<Value, Other>(
  pages: Pages<Value>,
  shape: (value: Value) => Other,
): AsyncGenerator<Other[]> {
  for await (const page of pages) yield page.map(shape);
}

/**
 * A JSON object (RFC 8259) of any length: each member is a value, or the pages of a list. No more than a page is held, and
 * none is asked for before the one before it has been read. Where a page fails the document is broken off.
 */
export function jsonStream(members: Record<string, unknown>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const text = textOf(members);
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await text.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      async cancel() {
        await text.return();
      },
    },
    { highWaterMark: 0 },
  );
}

async function* textOf(members: Record<string, unknown>): AsyncGenerator<string, void> {
  let before = '{';
  for (const [name, value] of Object.entries(members)) {
    yield `${before}${JSON.stringify(name)}:`;
    before = ',';
    if (isPages(value)) yield* listOf(value);
    else yield JSON.stringify(value) ?? 'null';
  }
  yield before === '{' ? '{}' : '}';
}

async function* listOf(pages: Pages<unknown>): AsyncGenerator<string, void> {
  let before = '[';
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield before + page.map((value) => JSON.stringify(value)).join(',');
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

function isPages(value: unknown): value is Pages<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
