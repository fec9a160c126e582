-- Whether a client knows a user by their id, or by a name that nobody but the clients of its sector has (OpenID Connect Core 1.0, 8.1).
ALTER TABLE oauth_clients ADD COLUMN subject_type TEXT NOT NULL DEFAULT 'public' CHECK (subject_type IN ('public', 'pairwise'));
ALTER TABLE oauth_clients ADD COLUMN sector_identifier_uri TEXT;

-- Where a client shows its keys (RFC 7591, 2).
ALTER TABLE oauth_clients ADD COLUMN jwks_uri TEXT CHECK (jwks_uri IS NULL OR jwks IS NULL);

-- What those names are made with, which never changes: clients know their users by them.
CREATE TABLE subject_keys (
  realm_id TEXT PRIMARY KEY REFERENCES realms (id),
  key_jwe TEXT NOT NULL
) STRICT, WITHOUT ROWID;
