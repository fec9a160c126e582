-- Whom a realm asks before it acts, or has act in its place. Control data: in `DB` alone, as realms are.
CREATE TABLE hooks (
  realm_id TEXT NOT NULL REFERENCES realms (id),
  name TEXT NOT NULL CHECK (name IN ('before.registration', 'before.token', 'send.mail', 'send.sms')),
  -- Either an address or the name of a service binding.
  url TEXT,
  binding TEXT,
  -- What is done when there is no answer that can be used.
  on_failure TEXT NOT NULL CHECK (on_failure IN ('allow', 'refuse')),
  -- Of before.token: the claim under which what it gives stands; null for the usual one.
  namespace TEXT,
  -- What requests are signed with, and while that is replaced what they were signed with before: sealed.
  keys TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (realm_id, name),
  CHECK ((url IS NULL) <> (binding IS NULL))
) STRICT, WITHOUT ROWID;

-- What the operator's own systems keep about a user: set by the hook and by admins, never by the user.
ALTER TABLE users ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_type(metadata) = 'object');
