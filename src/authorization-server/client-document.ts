import { z } from 'zod';
import { isFetchable, parsedBy } from './client-site.ts';
import { ClientMetadata, type SelfDescription, selfDescription } from './registration-schemas.ts';

/** It is written into every token and row of its client. */
const MAX_LENGTH = 500;

/** draft-ietf-oauth-client-id-metadata-document, 4.1: it says its own address, and has no secret that all could read. */
const Document = ClientMetadata.extend({
  client_id: z.string(),
  client_secret: z.never().optional(),
  client_secret_expires_at: z.never().optional(),
  token_endpoint_auth_method: z.enum(['none', 'private_key_jwt']).default('none'),
});

/** Whether a client id is the address of a document that may be fetched: it has a path. */
export function isDocumentAddress(id: string, local: boolean): boolean {
  return id.length <= MAX_LENGTH && isFetchable(id, local) && new URL(id).pathname !== '/';
}

/** What a document says of the client whose id is its address; null when it is none. */
export function descriptionIn(text: string, id: string): SelfDescription | null {
  const said = parsedBy(text, Document);
  return said?.client_id === id ? selfDescription(said, new URL(id).host) : null;
}
