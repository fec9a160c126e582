/** Who is calling, as far as the network tells: kept with sessions and in the activity log. */
export interface Client {
  ip: string;
  country: string | null;
  city: string | null;
  userAgent: string | null;
  /** The device, by a hash of its cookie or of the one that it gets: not known to an account before it has signed in. */
  device?: string;
  /** By which request. */
  requestId?: string;
}

/** Where a client is, as far as the network tells: `Berlin, DE`. */
export function placeOf(client: Client): string | null {
  return [client.city, client.country].filter(Boolean).join(', ') || null;
}
