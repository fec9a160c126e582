import { BoundedMap } from './bounded-map.ts';

/** Locales are chosen by strangers, too. */
const MAX_KEPT = 256;

const kept = new BoundedMap<string, unknown>(MAX_KEPT);

/**
 * A formatter (ECMA-402) that is made once for a BCP 47 tag and options: to make one costs fifty times what it costs to use it, a list
 * has hundreds of values, and the data of some take milliseconds of a start. Throws a `RangeError` for an invalid tag.
 *
 * @example
 * localized(Intl.DateTimeFormat, 'de', { dateStyle: 'medium', timeZone: 'UTC' }).format(at);
 */
export function localized<Options, Format>(
  kind: (new (tag: string, options: Options) => Format) & { name: string },
  tag: string,
  options: Options,
): Format {
  const key = `${kind.name} ${tag} ${JSON.stringify(options)}`;
  const known = kept.get(key) as Format | undefined;
  if (known) return known;
  const made = new kind(tag, options);
  kept.set(key, made);
  return made;
}
