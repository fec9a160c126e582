-- Second factors: codes of an authenticator app (RFC 6238), and which factors the sign-ins of a realm ask for. Recovery codes, which
-- code was used last and sign-ins that wait for their second step only the account object knows.
CREATE TABLE factors (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  type TEXT NOT NULL CHECK (type IN ('totp')),
  name TEXT NOT NULL,
  -- The shared secret and how codes are made of it, sealed.
  secret TEXT NOT NULL,
  added_unproven INTEGER NOT NULL DEFAULT 0 CHECK (added_unproven IN (0, 1)),
  created_at INTEGER NOT NULL,
  -- When its user showed a code of it: until then it counts for nothing.
  verified_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX factors_by_user ON factors (user_id, created_at);

-- How many there are of each, which the account object has to know: whoever changes them changes these in the same batch.
ALTER TABLE users ADD COLUMN totp_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN passkey_count INTEGER NOT NULL DEFAULT 0;

UPDATE users SET passkey_count = (SELECT count(*) FROM passkeys WHERE user_id = users.id)
WHERE id IN (SELECT user_id FROM passkeys);

-- NULL is the default of the deployment.
ALTER TABLE realms ADD COLUMN mfa TEXT CHECK (mfa IN ('off', 'optional', 'required', 'required_for_admins'));
ALTER TABLE realms ADD COLUMN mfa_factors TEXT NOT NULL DEFAULT '["totp","passkey"]'
  CHECK (json_type(mfa_factors) = 'array');
-- From when on a factor is required; NULL is at once.
ALTER TABLE realms ADD COLUMN mfa_from INTEGER;
ALTER TABLE realms ADD COLUMN mfa_remember_device INTEGER NOT NULL DEFAULT 0 CHECK (mfa_remember_device IN (0, 1));

-- Operators of a Latchkey that was there before get a fortnight; a new one has none yet.
UPDATE realms SET mfa_from = (unixepoch() + 14 * 86400) * 1000
WHERE EXISTS (SELECT 1 FROM users WHERE role <> 'user');
