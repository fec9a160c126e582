-- Keys of services. Of a key's secret only a hash is kept.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  name TEXT NOT NULL,
  scopes TEXT NOT NULL CHECK (json_type(scopes) = 'array'),
  -- What the key begins with, to tell keys apart.
  prefix TEXT NOT NULL,
  hash TEXT NOT NULL,
  -- The secret before the last rotation, and until when it still works.
  previous_hash TEXT,
  previous_expires_at INTEGER,
  -- Without a foreign key: a user, a key or the bootstrap key, and the key outlives them.
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  expires_at INTEGER,
  revoked_at INTEGER,
  CHECK ((previous_hash IS NULL) = (previous_expires_at IS NULL))
) STRICT;

CREATE INDEX api_keys_by_realm ON api_keys (realm_id, id);
CREATE INDEX api_keys_by_end ON api_keys (coalesce(revoked_at, expires_at)) WHERE coalesce(revoked_at, expires_at) IS NOT NULL;

-- What was done to a realm, and by whom; what happened to an account is in `activity`.
CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  details TEXT NOT NULL CHECK (json_type(details) = 'object')
) STRICT;

CREATE INDEX audit_by_realm ON audit (realm_id, id);
CREATE INDEX audit_by_actor ON audit (actor, at);
CREATE INDEX audit_by_age ON audit (at);
