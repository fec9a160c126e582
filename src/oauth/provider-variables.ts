import { z } from 'zod';
import { variable } from '../config/variable.ts';

/** The address of a provider's endpoint, or an issuer, which may have `{tenantid}` in it. */
export const endpoint = z
  .string()
  .refine(isEndpoint, 'must be an https URL (plain http is for localhost only)');

/** What most providers know us by. */
export const CLIENT_VARIABLES = {
  CLIENT_ID: variable({ schema: z.string(), doc: 'the client id.' }),
  CLIENT_SECRET: variable({ schema: z.string(), secret: true, doc: 'the client secret.' }),
};

function isEndpoint(value: string): boolean {
  const url = URL.parse(value.replace('{tenantid}', 'tenant'));
  return (
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(url.hostname))
  );
}
