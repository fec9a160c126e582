-- What tokens of clients may be for (RFC 8707), by name, and what it says of itself (RFC 9728).
CREATE TABLE protected_resources (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  -- As `resource` names it, and as tokens do in `aud`.
  identifier TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL CHECK (json_type(scopes) = 'array'),
  -- Whether every client of the realm may ask for it and its scopes; else those whose audiences have it.
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  access_token_seconds INTEGER,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (realm_id, identifier)
) STRICT;
