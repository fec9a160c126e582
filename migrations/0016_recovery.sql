-- What a proof of an address does to the other ways into an account: see src/directory/address-proof.ts.

-- Sessions that were opened up to then may be of somebody who registered the address of another; null when none is left.
ALTER TABLE users ADD COLUMN email_proven_at INTEGER;
-- The number was proven before the present address was, or by such a session.
ALTER TABLE users ADD COLUMN phone_added_unproven INTEGER NOT NULL DEFAULT 0 CHECK (phone_added_unproven IN (0, 1));
ALTER TABLE identities ADD COLUMN added_unproven INTEGER NOT NULL DEFAULT 0 CHECK (added_unproven IN (0, 1));
-- Where from and with what the account was made, which its owner is shown before they confirm the address.
ALTER TABLE users ADD COLUMN made_in TEXT;
ALTER TABLE users ADD COLUMN made_with TEXT;

-- Of numbers that were proven before, what the log still knows.
UPDATE users SET phone_added_unproven = 1
WHERE phone_number_verified = 1 AND (email_verified = 0 OR EXISTS (
  SELECT 1 FROM activity AS phone JOIN activity AS email ON email.user_id = phone.user_id AND email.seq > phone.seq
  WHERE phone.user_id = users.id AND phone.type = 'phone_number_verified' AND email.type = 'email_verified'));
UPDATE identities SET added_unproven = 1 WHERE user_id IN (SELECT id FROM users WHERE email_verified = 0);

-- Links that undo a change of address can only be used or expire: each change has one, and none takes the place of another.
CREATE TABLE links (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  purpose TEXT NOT NULL CHECK (purpose IN ('verify_email', 'change_email', 'undo_email', 'reset_password')),
  -- Empty where a user has one link of the purpose, and asking again replaces it; else the hash.
  slot TEXT NOT NULL DEFAULT '',
  hash TEXT NOT NULL UNIQUE,
  -- The address that the token proves, or gives back.
  email TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, purpose, slot)
) STRICT, WITHOUT ROWID;

INSERT INTO links SELECT user_id, purpose, iif(purpose = 'undo_email', hash, ''), hash, email, expires_at FROM one_time_tokens;
DROP TABLE one_time_tokens;
ALTER TABLE links RENAME TO one_time_tokens;
CREATE INDEX one_time_tokens_by_expiry ON one_time_tokens (expires_at);

-- The keys that somebody has made, which end when their account is recovered.
CREATE INDEX api_keys_by_maker ON api_keys (created_by) WHERE revoked_at IS NULL;
