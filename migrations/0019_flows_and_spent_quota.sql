-- What came of a sign-in at a provider: whoever comes back with the same state once more gets the same. Over after ten minutes.
CREATE TABLE oauth_flows (
  state_hash TEXT PRIMARY KEY,
  -- Encrypted (JWE); NULL while the first is under way.
  outcome TEXT,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What an address has used of quotas, once its account is deleted: nothing of it comes back before the day or the month ends.
CREATE TABLE spent_quota (
  -- HMAC of realm and address.
  address_key TEXT NOT NULL,
  -- A UTC date or month.
  period TEXT NOT NULL,
  resource TEXT NOT NULL,
  used INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (address_key, period, resource)
) STRICT, WITHOUT ROWID;
