import { z } from 'zod';
import { fieldError } from '../errors.ts';
import type { Take } from '../messages/budgets.ts';
import { ClientSites, parsedBy } from './client-site.ts';
import { canBeImpersonated } from './redirect-uris.ts';
import type { OAuthClientRow } from './tables.ts';

const MAX_BYTES = 64 * 1024;

type Sectored = Pick<OAuthClientRow, 'subjectType' | 'sectorIdentifierUri' | 'redirectUris'>;

/** The redirect URIs that stand at sector identifiers (OpenID Connect Core 1.0, 8.1). */
export type Sectors = Pick<ClientSites<string[]>, 'read'>;

/** Reads them; `local` also those of this machine. */
export function readSectors(take: Take, local: boolean): Sectors {
  const understand = (text: string) => parsedBy(text, z.array(z.string()).max(1000));
  return new ClientSites({ what: 'client_sector', maxBytes: MAX_BYTES, understand }, take, local);
}

/**
 * The sector in whose words a client knows its users (8.1): the host of its sector identifier, or of its redirect URIs; itself when it
 * has neither, as apps have. Null for a client that knows them by their ids.
 */
export function sectorOf(client: Sectored & Pick<OAuthClientRow, 'id'>): string | null {
  if (client.subjectType === 'public') return null;
  const { sectorIdentifierUri: uri } = client;
  return uri === null ? hostsOf(client.redirectUris)[0] || client.id : new URL(uri).host;
}

/**
 * Hosts of addresses, each once; an empty text for those of no host. A scheme of an app and an address of the user's own machine are
 * anybody's to register, whatever name stands in them.
 */
export function hostsOf(uris: readonly string[]): string[] {
  return [...new Set(uris.map((uri) => (canBeImpersonated(uri) ? '' : new URL(uri).hostname)))];
}

/** Whether a client may be of the sector that it says: the redirect URIs that stand there are more than its own. */
export async function hasSector(client: Sectored, sectors: Sectors): Promise<boolean> {
  const { redirectUris, sectorIdentifierUri: uri } = client;
  if (uri === null) return true;
  const listed = (await sectors.read(uri))?.value ?? [];
  return redirectUris.every((one) => listed.includes(one));
}

/** Throws `validation_failed` for a sector that does not know the client. */
export async function requireSector(client: Sectored, sectors: Sectors): Promise<void> {
  if (await hasSector(client, sectors)) return;
  throw fieldError('sector_identifier_uri', 'custom', 'Does not list the redirect URIs, or cannot be read');
}
