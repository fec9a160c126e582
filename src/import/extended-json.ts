/**
 * The values of a record as plain JSON: what mongoexport writes as `{ "$oid": … }`, `{ "$date": … }` or
 * `{ "$numberLong": … }` (MongoDB Extended JSON v2, both forms) becomes the text or number that it stands for. Looks at
 * the values themselves, not at what is nested in them.
 */
export function fromExtendedJson(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plain(value)]));
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const [[type, content] = [], ...others] = Object.entries(value);
  if (others.length > 0) return value;
  switch (type) {
    case '$oid':
    case '$numberDecimal':
      return content;
    case '$date':
      return dateOf(plain(content));
    case '$numberInt':
    case '$numberLong':
    case '$numberDouble':
      return Number(content);
    default:
      return value;
  }
}

const LAST_DATE = 8.64e15;

/** Milliseconds as a date: early ones would pass for seconds. */
function dateOf(value: unknown): unknown {
  return typeof value === 'number' && Math.abs(value) <= LAST_DATE ? new Date(value).toISOString() : value;
}
