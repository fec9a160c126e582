-- Passkeys: credentials of WebAuthn by which a user signs in without anything else. How often each was used, and when last, only
-- its account object knows.
CREATE TABLE passkeys (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  -- As the authenticator calls it, base64url.
  credential_id TEXT NOT NULL,
  -- COSE_Key (RFC 9052, 7), base64url.
  public_key TEXT NOT NULL,
  -- The signature counter at registration.
  counter INTEGER NOT NULL,
  transports TEXT NOT NULL CHECK (json_type(transports) = 'array'),
  -- The kind of authenticator, as it says itself: nothing vouches for it.
  aaguid TEXT NOT NULL,
  -- Whether it can be, and at registration was, copied to other devices of its owner.
  backup_eligible INTEGER NOT NULL CHECK (backup_eligible IN (0, 1)),
  backed_up INTEGER NOT NULL CHECK (backed_up IN (0, 1)),
  name TEXT NOT NULL,
  added_unproven INTEGER NOT NULL DEFAULT 0 CHECK (added_unproven IN (0, 1)),
  created_at INTEGER NOT NULL,
  UNIQUE (realm_id, credential_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX passkeys_by_user ON passkeys (user_id, created_at);

-- Who can sign in by a passkey is counted once, however many they have.
CREATE TRIGGER passkeys_added AFTER INSERT ON passkeys
WHEN (SELECT count(*) FROM passkeys WHERE user_id = NEW.user_id) = 1 BEGIN
  INSERT INTO provider_counts VALUES (NEW.realm_id, 'passkey', 1)
  ON CONFLICT (realm_id, provider) DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER passkeys_removed AFTER DELETE ON passkeys
WHEN NOT EXISTS (SELECT 1 FROM passkeys WHERE user_id = OLD.user_id) BEGIN
  UPDATE provider_counts SET users = users - 1 WHERE realm_id = OLD.realm_id AND provider = 'passkey';
END;
