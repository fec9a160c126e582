import type { Limit, Limits } from '../../directory/state.ts';
import { fieldError } from '../../errors.ts';
import { adminMessages } from '../../languages/messages.ts';
import type { View } from '../kit/view.ts';

/** The periods that a limit may be for. */
export const PERIODS = ['day', 'month'] as const;

export type LimitPeriod = (typeof PERIODS)[number];

/** Also the words of other languages, for what was typed before the language was changed; `*` is of former forms. */
const UNLIMITED = ['*', ...Object.values(adminMessages).map(({ unlimited }) => unlimited)];

/** The name of the field of a limit. */
export function limitField(resource: string, period: LimitPeriod): string {
  return `limits.${resource}.${period}`;
}

/** What the field of a limit shows: null is unlimited, undefined is no limit. */
export function limitText(view: View, limit: number | null | undefined): string {
  return limit === null ? adminMessages[view.language].unlimited : (limit?.toString() ?? '');
}

/** The limits in the fields of a form; a resource whose fields are empty has none. Throws 422, which names the field. */
export function limitsOf(values: Record<string, string>): Limits {
  const limits = new Map<string, Limit>();
  for (const [field, value] of Object.entries(values)) {
    const [, resource, period] = /^limits\.([a-z][a-z0-9_]*)\.(day|month)$/.exec(field) ?? [];
    const limit = resource === undefined ? undefined : parseLimit(field, value);
    if (resource === undefined || limit === undefined) continue;
    limits.set(resource, { ...limits.get(resource), [period as LimitPeriod]: limit });
  }
  return Object.fromEntries(limits);
}

/** A limit as people write it: null is unlimited, undefined is none. Throws 422, which names the field. */
export function parseLimit(field: string, value: string): number | null | undefined {
  const text = value.trim().toLowerCase();
  if (text === '') return undefined;
  if (UNLIMITED.includes(text)) return null;
  if (!/^\d{1,15}$/.test(text)) throw fieldError(field, 'limit', 'Must be a whole number or unlimited');
  return Number(text);
}
