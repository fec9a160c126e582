ALTER TABLE realms ADD COLUMN color TEXT NOT NULL DEFAULT '#1d4ed8' CHECK (color GLOB '#[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]');

-- Mails and text messages: written with the change they tell of, sent afterwards.
CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  -- Without a foreign key: the last mail outlives the account.
  user_id TEXT,
  channel TEXT NOT NULL CHECK (channel IN ('mail', 'sms')),
  template TEXT NOT NULL,
  recipient TEXT NOT NULL,
  locale TEXT,
  -- What the template needs, links and codes included: emptied as soon as the message is settled.
  data TEXT NOT NULL,
  -- void: what an address that nobody has gets instead, so that it costs the same.
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'dead', 'void')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  leased_until INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  -- A code or link that is dead by then is not sent any more.
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  settled_at INTEGER
) STRICT;

CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE status = 'pending';
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX outbox_by_user ON outbox (user_id) WHERE user_id IS NOT NULL;

-- What a link in a mail stands for. One of each purpose a user: asking again replaces.
CREATE TABLE one_time_tokens (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  purpose TEXT NOT NULL CHECK (purpose IN ('verify_email', 'change_email', 'undo_email', 'reset_password')),
  hash TEXT NOT NULL UNIQUE,
  -- The address that the token proves, or gives back.
  email TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, purpose)
) STRICT, WITHOUT ROWID;

CREATE INDEX one_time_tokens_by_expiry ON one_time_tokens (expires_at);

CREATE TABLE preferences (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  data TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX activity_by_age ON activity (at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Where the `dev` providers put what they would send.
CREATE TABLE dev_messages (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL CHECK (channel IN ('mail', 'sms')),
  recipient TEXT NOT NULL,
  sender TEXT NOT NULL,
  subject TEXT,
  html TEXT,
  text TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX dev_messages_by_time ON dev_messages (created_at);
