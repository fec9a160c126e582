-- Where addresses are verified first, nobody learns whether one is known.

-- The password that was given last by somebody who registered with a known address, by its hash: signing in with it is answered
-- as it would be if the account had just been made.
CREATE TABLE shadow_passwords (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A username that is had only when the address is proven, if it is still free then.
ALTER TABLE users ADD COLUMN wanted_username TEXT COLLATE NOCASE;

-- The hashes of a realm's passwords by kind and cost, each as a hash of that kind that is nobody's, and how many there are:
-- what identifiers that nobody has are verified against.
ALTER TABLE realms ADD COLUMN decoys TEXT NOT NULL DEFAULT '[]' CHECK (json_type(decoys) = 'array');
ALTER TABLE realms ADD COLUMN decoys_at INTEGER NOT NULL DEFAULT 0;
