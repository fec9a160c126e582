import { PreferencesSchema } from '../directory/schemas.ts';

// What mappings make of the values of other systems.

/** A record, by the names of its columns. */
export type ForeignValues = Record<string, unknown>;

export const YES = ['true', 't', '1'];
const NO = ['false', 'f', '0'];

/** The meanings of a column that says yes or no. */
export const either = (yes: string, no: string): Record<string, string> =>
  Object.fromEntries([...YES.map((value) => [value, yes]), ...NO.map((value) => [value, no])]);

/** Whether a column says anything. */
export const isGiven = (value: unknown): boolean => value !== null && value !== undefined && value !== '';

/** What is written there, without blanks around it; '' for a structure. */
export const writtenIn = (value: unknown): string =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value).trim() : '';

/** The same in lower case. */
export const wordOf = (value: unknown): string => writtenIn(value).toLowerCase();

/** Whether a column says yes, however its database writes that. */
export const isYes = (value: unknown): boolean => YES.includes(wordOf(value));

/** A value that would cost its user the whole row, and that they can do without: as it is, or not at all. */
export function possible(
  value: unknown,
  schema: { safeParse(value: unknown): { success: boolean } },
): unknown {
  return schema.safeParse(value).success ? value : null;
}

/** Accounts at providers, of those pairs of provider and subject that are whole. */
export function accounts(
  pairs: [provider: unknown, subject: unknown][],
): { provider: string; subject: string }[] | null {
  const whole = pairs.filter((pair) => pair.every(isGiven));
  return whole.length === 0
    ? null
    : whole.map(([provider, subject]) => ({ provider: wordOf(provider), subject: writtenIn(subject) }));
}

/** The whole name, of its parts; null of none. */
export function nameOf(...parts: unknown[]): string | null {
  const name = parts.map(writtenIn).filter(Boolean).join(' ');
  return name === '' ? null : name;
}

/** What a column holds that is JSON in databases without such a type; as it is when it is no JSON. */
export function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The objects of a list. */
export function objectsIn(value: unknown): ForeignValues[] {
  const list = parsed(value);
  return Array.isArray(list) ? list.filter((one) => typeof one === 'object' && one !== null) : [];
}

/** An object, or an empty one. */
export function objectIn(value: unknown): ForeignValues {
  const object = parsed(value);
  return typeof object === 'object' && object !== null && !Array.isArray(object)
    ? (object as ForeignValues)
    : {};
}

/** Preferences without those of our own keys that mean something else there; null when nothing is left. */
export function fitting(value: unknown): ForeignValues | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const issues = PreferencesSchema.safeParse(value).error?.issues ?? [];
  const misfits = new Set(issues.map(({ path }) => path[0]));
  const entries = Object.entries(value).filter(([key, one]) => isGiven(one) && !misfits.has(key));
  return entries.length === 0 ? null : Object.fromEntries(entries);
}
