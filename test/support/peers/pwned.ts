import { createHash } from 'node:crypto';
import { type Answer, startHttp } from './http.ts';

/** Passwords for which the range server answers in some way: what it is asked for tells which. */
export const PWNED = {
  breached: 'seven purple giraffes',
  /** In the range as padding: found in no breach. */
  padding: 'eight yellow herons',
  /** A row for each of its neighbours, none for itself. */
  neighbour: 'nine green kingfishers',
  slow: 'ten patient tortoises',
  /** The head of the answer comes at once, nothing after it. */
  stalling: 'eleven stalled locomotives',
  failing: 'twelve broken umbrellas',
  limited: 'thirteen hurried couriers',
  garbled: 'fourteen garbled telegrams',
  moved: 'fifteen moved signposts',
} as const;

const digestOf = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase();

/**
 * The range API of Have I Been Pwned, written from its reference: SHA-1 prefixes of five digits, rows `SUFFIX:COUNT` with CRLF
 * between, padded to 800 and more by rows that count 0. It refuses who does not ask for padding or say who they are.
 */
export function startPwned() {
  const kinds = new Map(
    Object.entries(PWNED).map(([kind, password]) => [digestOf(password).slice(0, 5), kind]),
  );
  return startHttp(async ({ method, path, headers }): Promise<Answer | 'hang'> => {
    const [, prefix = ''] = /^\/range\/([0-9A-F]{5})$/.exec(path) ?? [];
    if (method !== 'GET' || !prefix)
      return { status: 400, body: 'The hash prefix was not in a valid format' };
    if (headers['add-padding'] !== 'true') return { status: 400, body: 'Padding was not asked for' };
    if (!headers['user-agent']) return { status: 403, body: 'No user agent' };
    const kind = kinds.get(prefix);
    if (kind === 'slow') return 'hang';
    if (kind === 'failing') return { status: 503, body: 'unavailable' };
    if (kind === 'limited') return { status: 429, headers: { 'retry-after': '2' }, body: '' };
    if (kind === 'moved') return { status: 302, headers: { location: '/range/00000' }, body: '' };
    if (kind === 'garbled') return { status: 200, body: '<html>\0 not a list' };
    const own = kind ? digestOf(PWNED[kind as keyof typeof PWNED]).slice(5) : '';
    const rows = Array.from({ length: 850 }, (_, index) => {
      const suffix = digestOf(`${prefix}:${index}`).slice(5);
      return `${suffix}:${index % 3 === 0 ? 0 : index}`;
    });
    if (kind === 'breached') rows.push(`${own}:2117`);
    if (kind === 'padding') rows.push(`${own}:0`);
    if (kind === 'neighbour') rows.push(`${own.slice(0, -1)}${own.endsWith('0') ? '1' : '0'}:99`);
    return {
      status: 200,
      headers: { 'content-type': 'text/plain', ...(kind === 'stalling' && { 'content-length': '999999' }) },
      body: rows.sort().join('\r\n'),
    };
  });
}
