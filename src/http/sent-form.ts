import type { AppContext } from './context.ts';

/** The type of what a browser sends of a form without a file, and every client of an authorization server. */
export const FORM = 'application/x-www-form-urlencoded';

/** Whether a request brings a form of that type. */
export function bringsForm(c: AppContext): boolean {
  return new RegExp(`^${FORM}\\s*(;|$)`, 'i').test(c.req.header('content-type') ?? '');
}

/** The fields of that form, as they were sent: one may be there more than once. */
export async function sentForm(c: AppContext): Promise<URLSearchParams> {
  return new URLSearchParams(new TextDecoder().decode(await c.req.arrayBuffer()));
}
