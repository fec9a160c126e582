-- What admins filter by, as one value, so that a list in any order is a walk along one index for each value.
ALTER TABLE users ADD COLUMN facet TEXT
  GENERATED ALWAYS AS (status || ' ' || role || ' ' || plan || ' ' || email_verified) VIRTUAL;
-- The last UTC day (YYYY-MM-DD) on which the user did anything with a session.
ALTER TABLE users ADD COLUMN last_active_on TEXT;

CREATE INDEX users_listed_by_created ON users (realm_id, facet, created_at, id);
CREATE INDEX users_listed_by_login ON users (realm_id, facet, coalesce(last_login_at, 0), id);
CREATE INDEX users_listed_by_email ON users (realm_id, facet, email, id);
CREATE INDEX users_listed_by_username ON users (realm_id, facet, coalesce(username, '') COLLATE NOCASE, id);
CREATE INDEX users_listed_by_name ON users (realm_id, facet, coalesce(name, '') COLLATE NOCASE, id);

-- Searched by what it begins with, as are the unique indexes of addresses, usernames and numbers.
CREATE INDEX users_by_name ON users (realm_id, name COLLATE NOCASE) WHERE name IS NOT NULL;
-- The family name, or else what follows the first word.
CREATE INDEX users_by_family_name ON users
  (realm_id, coalesce(family_name, substr(name, instr(name, ' ') + 1)) COLLATE NOCASE);
CREATE INDEX users_by_created ON users (realm_id, created_at);
CREATE INDEX users_owners ON users (realm_id, status) WHERE role = 'owner';

-- The last owner stays: whoever asks, by whatever way.
CREATE TRIGGER users_last_owner_kept BEFORE UPDATE OF role, status ON users
WHEN OLD.role = 'owner' AND OLD.status = 'active' AND NOT (NEW.role = 'owner' AND NEW.status = 'active')
  AND NOT EXISTS (SELECT 1 FROM users WHERE realm_id = OLD.realm_id AND role = 'owner' AND status = 'active' AND id <> OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;

CREATE TRIGGER users_last_owner_not_deleted BEFORE DELETE ON users
WHEN OLD.role = 'owner' AND OLD.status = 'active'
  AND NOT EXISTS (SELECT 1 FROM users WHERE realm_id = OLD.realm_id AND role = 'owner' AND status = 'active' AND id <> OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;

-- Numbers that nobody should count rows for. The triggers keep them in the very batch that changes what they sum.

CREATE TABLE user_counts (
  realm_id TEXT NOT NULL,
  facet TEXT NOT NULL,
  users INTEGER NOT NULL,
  PRIMARY KEY (realm_id, facet)
) STRICT, WITHOUT ROWID;

INSERT INTO user_counts SELECT realm_id, facet, count(*) FROM users GROUP BY realm_id, facet;

CREATE TRIGGER users_added AFTER INSERT ON users BEGIN
  INSERT INTO user_counts VALUES (NEW.realm_id, NEW.facet, 1)
  ON CONFLICT (realm_id, facet) DO UPDATE SET users = users + 1;
  INSERT INTO realm_daily VALUES (NEW.realm_id, date(NEW.created_at / 1000, 'unixepoch'), 'sign_ups', 1)
  ON CONFLICT (realm_id, date, metric) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER users_moved AFTER UPDATE OF status, role, plan, email_verified ON users WHEN OLD.facet <> NEW.facet BEGIN
  UPDATE user_counts SET users = users - 1 WHERE realm_id = OLD.realm_id AND facet = OLD.facet;
  INSERT INTO user_counts VALUES (NEW.realm_id, NEW.facet, 1)
  ON CONFLICT (realm_id, facet) DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER users_removed AFTER DELETE ON users BEGIN
  UPDATE user_counts SET users = users - 1 WHERE realm_id = OLD.realm_id AND facet = OLD.facet;
END;

-- By UTC day: `sign_ups`, `sign_ins`, `active_users` (who did anything with a session). Sums outlive accounts.
CREATE TABLE realm_daily (
  realm_id TEXT NOT NULL,
  date TEXT NOT NULL,
  metric TEXT NOT NULL CHECK (metric IN ('sign_ups', 'sign_ins', 'active_users')),
  count INTEGER NOT NULL,
  PRIMARY KEY (realm_id, date, metric)
) STRICT, WITHOUT ROWID;

INSERT INTO realm_daily
SELECT realm_id, date(created_at / 1000, 'unixepoch'), 'sign_ups', count(*) FROM users GROUP BY 1, 2;

CREATE TRIGGER users_active AFTER UPDATE OF last_active_on ON users
WHEN NEW.last_active_on IS NOT NULL AND OLD.last_active_on IS NOT NEW.last_active_on BEGIN
  INSERT INTO realm_daily VALUES (NEW.realm_id, NEW.last_active_on, 'active_users', 1)
  ON CONFLICT (realm_id, date, metric) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER activity_signed_in AFTER INSERT ON activity WHEN NEW.type IN ('signed_in', 'registered') BEGIN
  INSERT INTO realm_daily VALUES (NEW.realm_id, date(NEW.at / 1000, 'unixepoch'), 'sign_ins', 1)
  ON CONFLICT (realm_id, date, metric) DO UPDATE SET count = count + 1;
END;

-- Whose it is, and until when it lives if it is not used again: what the count of live sessions goes by.
ALTER TABLE sessions ADD COLUMN realm_id TEXT;
ALTER TABLE sessions ADD COLUMN alive_until INTEGER;
-- The admin who acts as the user.
ALTER TABLE sessions ADD COLUMN impersonator TEXT;

-- Sessions that nobody has ended, by the UTC day on which they would expire.
CREATE TABLE session_counts (
  realm_id TEXT NOT NULL,
  date TEXT NOT NULL,
  sessions INTEGER NOT NULL,
  PRIMARY KEY (realm_id, date)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER sessions_added AFTER INSERT ON sessions
WHEN NEW.ended_at IS NULL AND NEW.realm_id IS NOT NULL AND NEW.alive_until IS NOT NULL BEGIN
  INSERT INTO session_counts VALUES (NEW.realm_id, date(NEW.alive_until / 1000, 'unixepoch'), 1)
  ON CONFLICT (realm_id, date) DO UPDATE SET sessions = sessions + 1;
END;

CREATE TRIGGER sessions_ended AFTER UPDATE OF ended_at ON sessions
WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL BEGIN
  UPDATE session_counts SET sessions = sessions - 1
  WHERE realm_id = OLD.realm_id AND date = date(OLD.alive_until / 1000, 'unixepoch');
END;

CREATE TRIGGER sessions_prolonged AFTER UPDATE OF alive_until ON sessions
WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NULL
  AND date(OLD.alive_until / 1000, 'unixepoch') <> date(NEW.alive_until / 1000, 'unixepoch') BEGIN
  UPDATE session_counts SET sessions = sessions - 1
  WHERE realm_id = OLD.realm_id AND date = date(OLD.alive_until / 1000, 'unixepoch');
  INSERT INTO session_counts VALUES (NEW.realm_id, date(NEW.alive_until / 1000, 'unixepoch'), 1)
  ON CONFLICT (realm_id, date) DO UPDATE SET sessions = sessions + 1;
END;

CREATE TRIGGER sessions_removed AFTER DELETE ON sessions WHEN OLD.ended_at IS NULL BEGIN
  UPDATE session_counts SET sessions = sessions - 1
  WHERE realm_id = OLD.realm_id AND date = date(OLD.alive_until / 1000, 'unixepoch');
END;

CREATE INDEX activity_by_type ON activity (realm_id, type, at);
CREATE INDEX activity_by_ip ON activity (realm_id, ip, at) WHERE ip IS NOT NULL;

CREATE INDEX audit_listed_by_actor ON audit (realm_id, actor, id);
CREATE INDEX audit_listed_by_target ON audit (realm_id, target, id);
CREATE INDEX audit_listed_by_action ON audit (realm_id, action, id);

-- What stands for nothing (`void`) nobody lists.
CREATE INDEX outbox_listed ON outbox (realm_id, created_at, id) WHERE status <> 'void';
-- Dead letters that can be sent again, by when that ends.
CREATE INDEX outbox_retriable ON outbox (expires_at) WHERE status = 'dead' AND data <> '{}';
CREATE INDEX outbox_by_status ON outbox (realm_id, status, created_at, id);
CREATE INDEX outbox_listed_by_user ON outbox (user_id, created_at, id) WHERE user_id IS NOT NULL;
