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
};
