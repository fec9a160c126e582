-- How clients come that no operator has registered: `dynamic` (RFC 7591), `document` (client ID metadata documents).
ALTER TABLE realms ADD COLUMN client_registration TEXT NOT NULL DEFAULT '[]'
  CHECK (json_type(client_registration) = 'array');

-- Of a client that registered itself: a hash of the token by which it manages that (RFC 7592). It is nobody's own app.
ALTER TABLE oauth_clients ADD COLUMN registration_hash TEXT
  CHECK (registration_hash IS NULL OR first_party = 0);
-- When such a client got a token last, about; null when it never has.
ALTER TABLE oauth_clients ADD COLUMN used_at INTEGER;

CREATE INDEX oauth_clients_registered ON oauth_clients (realm_id) WHERE registration_hash IS NOT NULL;
CREATE INDEX oauth_clients_unused ON oauth_clients (used_at, created_at) WHERE registration_hash IS NOT NULL;
