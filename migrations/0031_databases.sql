-- Realms on databases of their own. The rows of `realms` in `DB` say where each lives; in another database a realm that lives
-- there has a row for what refers to it.
ALTER TABLE realms ADD COLUMN database TEXT NOT NULL DEFAULT 'DB' CHECK (database GLOB '[A-Z]*');
-- Where Cloudflare keeps the realm's objects and its database; the ids of its users end with it.
ALTER TABLE realms ADD COLUMN jurisdiction TEXT CHECK (jurisdiction IN ('eu', 'fedramp'));
-- While a realm is about to change its database, nobody goes by what they have read of it before.
ALTER TABLE realms ADD COLUMN is_moving INTEGER NOT NULL DEFAULT 0 CHECK (is_moving IN (0, 1));

CREATE TRIGGER realms_jurisdiction_kept BEFORE UPDATE OF jurisdiction ON realms
WHEN NEW.jurisdiction IS NOT OLD.jurisdiction BEGIN
  SELECT RAISE(ABORT, 'jurisdiction_kept');
END;

CREATE TRIGGER realms_home_kept BEFORE UPDATE OF database ON realms WHEN NEW.id = 'default' AND NEW.database <> 'DB' BEGIN
  SELECT RAISE(ABORT, 'home_kept');
END;

-- So that they go with their realm; the keys of rows from before say it to nobody, and are over within a month.
ALTER TABLE spent_quota ADD COLUMN realm_id TEXT;
ALTER TABLE oauth_flows ADD COLUMN realm_id TEXT;

-- Owners are users of `DB` and may have made or keep API keys of realms elsewhere: what must become of those, until it has.
CREATE TABLE owner_losses (
  id INTEGER PRIMARY KEY,
  user_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  -- `suspend`: lost the role. `revoke`: whoever made the keys may have been somebody else.
  act TEXT NOT NULL CHECK (act IN ('suspend', 'revoke'))
) STRICT;

CREATE TRIGGER owners_lost AFTER UPDATE OF role, status ON users
WHEN OLD.role = 'owner' AND OLD.status = 'active' AND NOT (NEW.role = 'owner' AND NEW.status = 'active') BEGIN
  INSERT INTO owner_losses (user_id, at, act) VALUES (NEW.id, NEW.updated_at, 'suspend');
END;

-- Moves of realms from one database to another, in `DB`.
CREATE TABLE realm_moves (
  realm_id TEXT PRIMARY KEY REFERENCES realms (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('copying', 'switching', 'telling', 'moved', 'clearing')),
  -- How far the state has come.
  position TEXT NOT NULL DEFAULT '{}' CHECK (json_type(position) = 'object'),
  rows INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL,
  state_since INTEGER NOT NULL,
  switched_at INTEGER,
  -- One at a time takes a step.
  leased_until INTEGER NOT NULL DEFAULT 0
) STRICT;

-- In either database of a move: whether the realm may be written there, but for the move itself.
CREATE TABLE realm_guards (
  realm_id TEXT PRIMARY KEY,
  frozen INTEGER NOT NULL CHECK (frozen IN (0, 1)),
  copying INTEGER NOT NULL DEFAULT 0 CHECK (copying IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Rows of the realm that were written and are to be copied, by their keys; `times` tells of a row that was written again.
CREATE TABLE realm_changes (
  realm_id TEXT NOT NULL,
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  times INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (realm_id, name, key)
) STRICT, WITHOUT ROWID;

-- A customer whose row is copied elsewhere has not left.
DROP TRIGGER billing_customer_left;
CREATE TRIGGER billing_customer_left AFTER DELETE ON billing_customers
WHEN NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = OLD.realm_id AND copying = 1) BEGIN
  INSERT OR IGNORE INTO billing_erasures (customer_id) VALUES (OLD.customer_id);
END;
