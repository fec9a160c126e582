-- By what a client wants its ID tokens signed (OpenID Connect Dynamic Client Registration 1.0, 2).
ALTER TABLE oauth_clients ADD COLUMN id_token_algorithm TEXT NOT NULL DEFAULT 'ES256'
  CHECK (id_token_algorithm IN ('ES256', 'RS256'));

-- Keys of RS256, which a realm has from the first such client on. Apart from the others: a Worker of the version before reads those.
CREATE TABLE rsa_signing_keys (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  generation INTEGER NOT NULL,
  public_jwk TEXT NOT NULL,
  private_jwe TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  signs_from INTEGER NOT NULL,
  rotate_at INTEGER NOT NULL,
  UNIQUE (realm_id, generation)
) STRICT;
