import { ApiError, type FieldError } from '../../errors.ts';
import type { ClientRequest } from '../engine/row.ts';

/** Says what is wrong with a text, or null. */
type Rule = (text: string) => string | null;

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): Rule {
  return (text) => {
    const isWhole = /^\d{1,16}$/.test(text) && Number(text) >= least && Number(text) <= most;
    if (isWhole) return null;
    return most === Number.MAX_SAFE_INTEGER
      ? `Must be a whole number from ${least} on`
      : `Must be a whole number from ${least} to ${most}`;
  };
}

const TRUTH = /^(true|1|yes|on|false|0|no|off)$/i;

/** True or false, as Pydantic reads it. */
export const truth: Rule = (text) => (TRUTH.test(text) ? null : 'Must be true or false');

/** Reads what `truth` has passed. */
export function isTrue(text: string): boolean {
  return /^(true|1|yes|on)$/i.test(text);
}

/** A date or a point in time. */
export const date: Rule = (text) =>
  Number.isNaN(Date.parse(text)) ? 'Must be a date such as 2026-01-31' : null;

/** One of some words. */
export function oneOf(...words: string[]): Rule {
  return (text) => (words.includes(text) ? null : `Must be one of ${words.join(', ')}`);
}

/**
 * Checks what a query asks for in words that the canonical operation does not know: it would refuse them in words of its own.
 * Empty texts count as left out. Throws `validation_failed`, so `gives` calls it, once the client was let in.
 */
export function checkQuery(query: ClientRequest['query'], rules: Record<string, Rule>): void {
  const wrong = Object.entries(rules).flatMap(([path, rule]): FieldError[] => {
    const text: string | undefined = Object.hasOwn(query, path) ? query[path] : undefined;
    const message = text ? rule(text) : null;
    return message === null ? [] : [{ path, code: 'invalid', message }];
  });
  if (wrong.length > 0) throw new ApiError('validation_failed', { fields: wrong });
}

/** Whether a query passes. */
export function passes(query: ClientRequest['query'], rules: Record<string, Rule>): boolean {
  try {
    checkQuery(query, rules);
    return true;
  } catch {
    return false;
  }
}
