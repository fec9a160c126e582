-- Whether a client gets tokens only with a proof of a key (RFC 9449, 5.2).
ALTER TABLE oauth_clients ADD COLUMN dpop_bound INTEGER NOT NULL DEFAULT 0 CHECK (dpop_bound IN (0, 1));

-- Where a client hears that a session of a user has ended (OpenID Connect Back-Channel Logout 1.0, 2.2).
ALTER TABLE oauth_clients ADD COLUMN backchannel_logout_uri TEXT;

-- What it has not heard yet, or not taken.
CREATE TABLE logout_notices (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  leased_until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX logout_notices_due ON logout_notices (next_attempt_at);
