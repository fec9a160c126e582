-- Accounts at sign-in providers. One user has at most one of each provider; the subject is the provider's own id.
CREATE TABLE identities (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  provider TEXT NOT NULL,
  subject TEXT NOT NULL,
  email TEXT,
  email_verified INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
  name TEXT,
  picture TEXT,
  -- What the provider said last, as it said it.
  profile TEXT NOT NULL CHECK (json_type(profile) = 'object'),
  -- Its tokens, encrypted (JWE).
  tokens TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_login_at INTEGER,
  PRIMARY KEY (user_id, provider),
  UNIQUE (realm_id, provider, subject)
) STRICT, WITHOUT ROWID;

-- What an app exchanges for tokens: lives for a minute, is taken once.
CREATE TABLE authorization_codes (
  hash TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  redirect_to TEXT NOT NULL,
  challenge TEXT NOT NULL,
  methods TEXT NOT NULL CHECK (json_type(methods) = 'array'),
  activity TEXT NOT NULL CHECK (activity IN ('registered', 'signed_in')),
  -- A password that was changed meanwhile makes the code worthless.
  credential_version INTEGER NOT NULL,
  -- An account at a provider that the user is about to link, encrypted (JWE); such a code opens no session.
  identity TEXT,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX authorization_codes_by_user ON authorization_codes (user_id);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);
