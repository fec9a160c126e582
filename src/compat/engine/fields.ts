import type { Unchecked } from './canonical-operations.ts';
import type { AnyRow, ClientRequest } from './row.ts';

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
  return ({ body }: ClientRequest) => ({ body: renamed<Name>(body, names) });
}

/** Names, for `takes` and `renamed`, of fields that have the same name in both. */
export function same<Name extends string>(...names: Name[]): { [N in Name]: N } {
  return Object.fromEntries(names.map((name) => [name, name])) as { [N in Name]: N };
}

/** Splits a dotted path of a canonical field into names, in the words of the service. */
export function clientNamesOf(path: string, { fields = {} }: AnyRow): string[] {
  const [first = '', ...rest] = path.split('.');
  return [Object.hasOwn(fields, first) ? (fields[first] as string) : first, ...rest].filter(Boolean);
}
