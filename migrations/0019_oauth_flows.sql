-- What came of a sign-in at a provider: whoever comes back with the same state once more gets the same. Over after ten minutes.
CREATE TABLE oauth_flows (
  state_hash TEXT PRIMARY KEY,
  -- Encrypted (JWE); NULL while the first is under way.
  outcome TEXT,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
