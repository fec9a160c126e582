import type { Unchecked } from './canonical-operations.ts';
import type { AnyRow, ClientRequest, Names } from './row.ts';

/** Returns the values of an object under other names. Missing and null values are left out. */
export function renamed<Name extends string = string>(
  values: ClientRequest['body'],
  names: Record<string, NoInfer<Name>>,
): { [N in Name]?: Unchecked } {
  const result: { [N in Name]?: Unchecked } = {};
  for (const [from, to] of Object.entries(names)) {
    const value = Object.hasOwn(values, from) ? values[from] : undefined;
    if (value !== undefined && value !== null && !Object.hasOwn(result, to)) result[to] = value;
  }
  return result;
}

/** Returns the fields that are filled in: forms send an empty text for a field that was left out. */
export function filledIn<Fields extends object>(values: Fields): Partial<Fields> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => typeof value !== 'string' || value.trim() !== ''),
  ) as Partial<Fields>;
}

/** Sends the named fields of the body under their canonical names and ignores others, as the services did. */
export function takes<Name extends string = string>(names: Record<string, NoInfer<Name>>) {
  return Object.assign(({ body }: ClientRequest) => ({ body: renamed<Name>(body, names) }), { names });
}

/** Names, for `takes` and `renamed`, of fields that have the same name in both. */
export function same<Name extends string>(...names: Name[]): { [N in Name]: N } {
  return Object.fromEntries(names.map((name) => [name, name])) as { [N in Name]: N };
}

/** What a row reads in the body and in the query. */
export function wordsOf({ body, query, sends }: AnyRow): { body: Names; query: Names } {
  return { body: body ?? sends?.names ?? {}, query: query ?? {} };
}

/**
 * Where the client sent a canonical field, and the field in the client's own words: the name that was sent, or else the one
 * that the service's document has. `path` is dotted.
 */
export function clientPlaceOf(
  path: string,
  row: AnyRow,
  asked: ClientRequest,
): { place: 'path' | 'query' | 'body'; names: string[] } {
  const [first = '', ...rest] = path.split('.');
  const { body, query } = wordsOf(row);
  const named = [
    ...meaning(query, first).map((name) => ({ place: 'query' as const, name })),
    ...meaning(body, first).map((name) => ({ place: 'body' as const, name })),
  ];
  const usual = /^(GET|DELETE) /.test(row.from) ? 'query' : 'body';
  const found =
    named.find(({ place, name }) => Object.hasOwn(asked[place], name)) ??
    named.find(({ place }) => place === usual) ??
    named[0];
  if (found) return { place: found.place, names: [found.name, ...rest].filter(Boolean) };
  const names = [first, ...rest].filter(Boolean);
  if (Object.hasOwn(asked.params, first)) return { place: 'path', names };
  const isSent = Object.hasOwn(asked.query, first) || Object.hasOwn(asked.body, first);
  const isQuery = isSent ? Object.hasOwn(asked.query, first) : usual === 'query';
  // A placeholder stands for whatever the canonical path calls it.
  const placeholder = /\{(\w+)\}/.exec(row.from)?.[1];
  if (!isSent && placeholder && row.to.includes(`{${first}}`)) return { place: 'path', names: [placeholder] };
  return { place: isQuery ? 'query' : 'body', names };
}

function meaning(names: Names, canonical: string): string[] {
  return Object.entries(names)
    .filter(([, fields]) => fields === canonical || (Array.isArray(fields) && fields.includes(canonical)))
    .map(([name]) => name);
}
