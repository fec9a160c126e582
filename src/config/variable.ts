import { z } from 'zod';

/** What the Worker is given: variables, secrets and bindings by name. */
export type Environment = Readonly<Record<string, unknown>>;

/** One documented variable or secret. Without a default it is required, unless its schema takes `undefined`. */
export interface Variable<T> {
  schema: z.ZodType<T>;
  default?: string;
  secret?: true;
  doc: string;
}

/** Declared variables by name. */
export type Variables = Readonly<Record<string, Variable<unknown>>>;

/** What declared variables are once they are parsed. */
export type Values<V extends Variables> = { readonly [Name in keyof V]: z.output<V[Name]['schema']> };

/** Keeps what a declaration's schema gives as its type. */
export const variable = <T>(declaration: Variable<T>) => declaration;

/** Thrown when variables are missing or unusable; the message names each one and never shows a value. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Latchkey is not configured:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Runs each part. Throws one ConfigError with the problems of all, each once. */
export function parseAll<T extends unknown[]>(...parts: { [Index in keyof T]: () => T[Index] }): T {
  const problems = new Set<string>();
  const values = parts.map((parse) => {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) problems.add(problem);
      return undefined;
    }
  });
  if (problems.size > 0) throw new ConfigError([...problems]);
  return values as T;
}

/** How variables are looked up: under another name than the declared one, and because of what. */
interface Lookup {
  nameOf?(name: string): string;
  /** Why they are needed, as in `MAIL_PROVIDER is smtp`. */
  because?: string;
}

/** Parses the declared variables. Throws ConfigError that names every missing or unusable one. */
export function parseVariables<V extends Variables>(
  env: Environment,
  variables: V,
  { nameOf = (name) => name, because }: Lookup = {},
): Values<V> {
  const entries = parseAll(
    ...Object.entries(variables).map(([declared, variable]) => () => {
      const name = nameOf(declared);
      const reason = because ?? (variable.secret && 'a secret');
      return [declared, parseOne(env[name] ?? variable.default, variable, name, reason)] as const;
    }),
  );
  return Object.fromEntries(entries) as Values<V>;
}

function parseOne(value: unknown, variable: Variable<unknown>, name: string, reason?: string): unknown {
  if (value === undefined || (value === '' && variable.default !== '')) {
    if (isOptional(variable)) return undefined;
    throw new ConfigError([`${name} is missing${reason ? ` (${reason})` : ''}`]);
  }
  const parsed = variable.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigError([`${name} ${parsed.error.issues[0]?.message ?? 'is not valid'}`]);
}

const isOptional = ({ schema }: Variable<unknown>) => schema.safeParse(undefined).success;

/** A row of the documentation's table: name, what holds unless it is set, and what it means. */
export interface DocumentedVariable {
  name: string;
  unlessSet: string;
  secret?: true;
  doc: string;
}

/** The rows of declared variables. */
export function documentVariables(variables: Variables): DocumentedVariable[] {
  return Object.entries(variables).map(([name, declaration]) => {
    const { default: value, secret, doc } = declaration;
    const without = isOptional(declaration) ? 'unset' : 'required';
    const unlessSet = value === undefined ? without : `\`${value}\``;
    return secret ? { name, unlessSet: `${unlessSet}, secret`, secret, doc } : { name, unlessSet, doc };
  });
}

/** A whole number within bounds. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be from ${min} to ${max}`);

/** Whether something is switched on. */
export const trueOrFalse = z
  .enum(['true', 'false'], { error: 'must be `true` or `false`' })
  .transform((value) => value === 'true');

/** Bytes of entropy cannot be seen from outside; a short secret, or one of few distinct characters, can. */
export const secret = z
  .string()
  .min(32, 'must have at least 32 characters (make one with `openssl rand -base64 32`)')
  .refine((value) => new Set(value).size >= 12, 'is too regular to be random');

/** Several of those, separated by commas. */
export const secrets = z
  .string()
  .transform((value) => value.split(',').map((one) => one.trim()))
  .transform((values) => values.filter(Boolean))
  .pipe(z.array(secret));

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
