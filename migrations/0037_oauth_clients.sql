-- Clients of the authorization server (RFC 6749, 2). Of a secret only a hash is kept; two are good while one is rotated.
CREATE TABLE oauth_clients (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  name TEXT NOT NULL,
  -- Of the realm's own product: its users are not asked whether it may.
  first_party INTEGER NOT NULL CHECK (first_party IN (0, 1)),
  -- How it proves who it is (RFC 8414, 2); `none` for a public one.
  authentication TEXT NOT NULL
    CHECK (authentication IN ('none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt')),
  secret_hash TEXT,
  previous_hash TEXT,
  previous_expires_at INTEGER,
  jwks TEXT CHECK (json_type(jwks) = 'object'),
  redirect_uris TEXT NOT NULL CHECK (json_type(redirect_uris) = 'array'),
  post_logout_redirect_uris TEXT NOT NULL CHECK (json_type(post_logout_redirect_uris) = 'array'),
  grant_types TEXT NOT NULL CHECK (json_type(grant_types) = 'array'),
  scopes TEXT NOT NULL CHECK (json_type(scopes) = 'array'),
  -- Whom its tokens may be for (RFC 8707), besides the realm itself.
  audiences TEXT NOT NULL CHECK (json_type(audiences) = 'array'),
  logo_uri TEXT,
  client_uri TEXT,
  policy_uri TEXT,
  tos_uri TEXT,
  access_token_seconds INTEGER,
  refresh_token_seconds INTEGER,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK ((previous_hash IS NULL) = (previous_expires_at IS NULL))
) STRICT;

CREATE INDEX oauth_clients_by_realm ON oauth_clients (realm_id, id);

-- Assertions by which clients have proved who they are (RFC 7523, 3): each is good once.
CREATE TABLE used_assertions (
  hash TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_assertions_by_end ON used_assertions (expires_at);
