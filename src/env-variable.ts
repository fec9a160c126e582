import { z } from 'zod';

/** One documented variable or secret: how it is parsed, and the row it gets in the README. */
export interface Variable<T> {
  schema: z.ZodType<T>;
  default?: string;
  /** May be left out; then it is undefined. */
  optional?: true;
  secret?: true;
  doc: string;
}

/** Keeps what a declaration's schema gives as its type. */
export const variable = <T>(declaration: Variable<T>) => declaration;

/** A whole number within bounds. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be from ${min} to ${max}`);

/** Bytes of entropy cannot be seen from outside; a short secret, or one of few distinct characters, can. */
export const secret = z
  .string()
  .min(32, 'must have at least 32 characters (make one with `openssl rand -base64 32`)')
  .refine((value) => new Set(value).size >= 12, 'is too regular to be random');

/** Where something is reached: scheme, host and port. */
export const origin = z
  .string()
  .refine((value) => URL.canParse(value) && new URL(value).origin === value, {
    message: 'must be an origin such as https://auth.example.com, without a path or a trailing slash',
  })
  .refine(
    (value) => value.startsWith('https://') || /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(value),
    'must be https (plain http is for localhost only)',
  );
