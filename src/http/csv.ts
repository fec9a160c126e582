/** What a spreadsheet would take for the beginning of a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;

/** By which spreadsheets know UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';

/** One field, RFC 4180. Text that a spreadsheet would run is made text by an apostrophe. */
function field(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** One record, RFC 4180. */
export function record(values: unknown[]): string {
  return `${values.map(field).join(',')}\r\n`;
}

/**
 * A document of any length: a header, then page after page, at the pace of the reader. `next` gives the rows from
 * where the page before has ended, and null after the last.
 */
export function csvStream<Position>(
  header: string[],
  next: (from: Position | null) => Promise<{ rows: unknown[][]; end: Position | null }>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let from: Position | null = null;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode(`${BYTE_ORDER_MARK}${record(header)}`));
    },
    async pull(controller) {
      const { rows, end } = await next(from);
      if (rows.length > 0) controller.enqueue(encoder.encode(rows.map(record).join('')));
      if (end === null) controller.close();
      from = end;
    },
  });
}
