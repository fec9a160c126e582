-- Times are Unix milliseconds. STRICT: a value of the wrong type is refused, never converted.

CREATE TABLE realms (
  id TEXT PRIMARY KEY CHECK (id GLOB '[a-z0-9]*' AND length(id) <= 40),
  name TEXT NOT NULL,
  registration TEXT NOT NULL DEFAULT 'open' CHECK (registration IN ('open', 'verify_first', 'closed')),
  allowed_origins TEXT NOT NULL DEFAULT '[]' CHECK (json_type(allowed_origins) = 'array'),
  redirect_targets TEXT NOT NULL DEFAULT '[]' CHECK (json_type(redirect_targets) = 'array'),
  audience TEXT,
  access_token_seconds INTEGER NOT NULL DEFAULT 600 CHECK (access_token_seconds BETWEEN 60 AND 3600),
  session_idle_seconds INTEGER NOT NULL DEFAULT 1209600 CHECK (session_idle_seconds BETWEEN 300 AND 31536000),
  session_absolute_seconds INTEGER NOT NULL DEFAULT 2592000 CHECK (session_absolute_seconds BETWEEN 300 AND 31536000),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

INSERT INTO realms (id, name, created_at, updated_at)
VALUES ('default', 'Latchkey', unixepoch() * 1000, unixepoch() * 1000);

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  email TEXT NOT NULL,
  email_verified INTEGER NOT NULL DEFAULT 0 CHECK (email_verified IN (0, 1)),
  username TEXT COLLATE NOCASE,
  name TEXT,
  given_name TEXT,
  family_name TEXT,
  picture TEXT,
  bio TEXT,
  phone_number TEXT,
  phone_number_verified INTEGER NOT NULL DEFAULT 0 CHECK (phone_number_verified IN (0, 1)),
  country TEXT,
  locale TEXT,
  role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin', 'owner')),
  plan TEXT NOT NULL DEFAULT 'free',
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  -- Raised with each change that the account object must know: the object refuses to go by an older row.
  version INTEGER NOT NULL DEFAULT 1,
  -- The version at which the password was last changed: sessions opened under an older one are ended.
  credential_version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_login_at INTEGER
) STRICT;

CREATE UNIQUE INDEX users_by_email ON users (realm_id, email);
CREATE UNIQUE INDEX users_by_username ON users (realm_id, username) WHERE username IS NOT NULL;
-- Anyone can write any number into a profile; only proving it makes it theirs alone.
CREATE UNIQUE INDEX users_by_verified_phone ON users (realm_id, phone_number) WHERE phone_number_verified = 1;
CREATE INDEX users_by_phone ON users (realm_id, phone_number) WHERE phone_number IS NOT NULL;

CREATE TABLE passwords (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE signing_keys (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  generation INTEGER NOT NULL,
  public_jwk TEXT NOT NULL,
  private_jwe TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Published from created_at on, signs from signs_from on, until the next generation does.
  signs_from INTEGER NOT NULL,
  rotate_at INTEGER NOT NULL,
  UNIQUE (realm_id, generation)
) STRICT;

-- Projected from the account objects: what admins list. The object decides, these rows follow.

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  end_reason TEXT,
  ip TEXT,
  country TEXT,
  city TEXT,
  user_agent TEXT,
  methods TEXT NOT NULL
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id, created_at);

CREATE TABLE activity (
  user_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  realm_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  session_id TEXT,
  ip TEXT,
  country TEXT,
  user_agent TEXT,
  PRIMARY KEY (user_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX activity_by_realm ON activity (realm_id, at);
