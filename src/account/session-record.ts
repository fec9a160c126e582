/** Why a session is over. */
export type EndReason = 'signed_out' | 'revoked' | 'evicted' | 'reused' | 'password_changed' | 'suspended';

/** What of a session leaves the object: never what its tokens are made of. Times are Unix milliseconds. */
export type SessionRecord = {
  id: string;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
  ip: string;
  country: string | null;
  city: string | null;
  user_agent: string | null;
  /** RFC 8176 values, as JSON. */
  methods: string;
  /** The admin who acts as the user, by id. */
  impersonator: string | null;
  /** The client of the authorization server whose grant it is, and what it may (RFC 6749, 3.3); null for the user's own. */
  client_id: string | null;
  scope: string | null;
};

/** A live session; `organization` is that which a client acts for, null for the user alone and for a session of their own. */
export type OpenSession = SessionRecord & { organization: string | null };

/** What a client of the authorization server may do for a user. A session that has one is the client's, not the user's own. */
export interface SessionGrant {
  clientId: string;
  /** Scopes with blanks between them (RFC 6749, 3.3). */
  scope: string;
  /** `aud` of its access tokens. */
  audience: string[];
  /** The thumbprint of the key that its refresh tokens are bound to (RFC 9449, 5); null or nothing for none. */
  key?: string | null;
  /** The organization that its client acts for, as which the user is a member there; null or nothing for the user alone. */
  organizationId?: string | null;
  /** Whether its client wants to hear when it, or the session of the browser that it came of, has ended. */
  hearsOfEnd?: boolean;
}
