import { OAuthFailure } from './oauth-error.ts';

/** What a request carries, by name; what is empty is not there (RFC 6749, 3.1). `resource` alone may be said twice (RFC 8707, 2). */
export interface Parameters {
  /** The value, of one that is said twice none. */
  get(name: string): string | undefined;
  all(name: string): string[];
  names(): string[];
  /** Throws `invalid_request` when one is said twice that may not be. */
  requireOnce(): void;
}

const REPEATABLE = new Set(['resource', 'audience']);
const MAX_LENGTH = 8192;

/** Reads the parameters of a query or form. Throws `invalid_request` for one that is said twice, or that is no text. */
export function parametersOf(search: URLSearchParams): Parameters {
  const parameters = readParameters(search);
  parameters.requireOnce();
  return parameters;
}

/** The same, for who has to know first whom to tell that one is said twice. */
export function readParameters(search: URLSearchParams): Parameters {
  const values = new Map<string, string[]>();
  for (const [name, value] of search) {
    if (value === '') continue;
    if (value.length > MAX_LENGTH || value.includes('\uFFFD')) {
      throw new OAuthFailure('invalid_request', 'A parameter is too long, or no text');
    }
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  const isRepeated = (name: string) => (values.get(name)?.length ?? 0) > 1 && !REPEATABLE.has(name);
  return {
    get: (name) => (isRepeated(name) ? undefined : values.get(name)?.[0]),
    all: (name) => values.get(name) ?? [],
    names: () => [...values.keys()],
    requireOnce() {
      const name = [...values.keys()].find(isRepeated);
      if (name !== undefined) {
        throw new OAuthFailure('invalid_request', `${printable(name)} is there more than once`);
      }
    },
  };
}

/** The value of a parameter. Throws `invalid_request` when it is not there. */
export function required(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined) throw new OAuthFailure('invalid_request', `${name} is missing`);
  return value;
}

/** A text of a stranger's as a description may have it (RFC 6749, 5.2). */
function printable(text: string): string {
  return text.slice(0, 50).replace(/[^\x20-\x7e]|["\\]/g, '?');
}
