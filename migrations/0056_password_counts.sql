-- Who registers with a password is counted in the row of their facet, which counts them anyway: a registration takes a row less.

-- 1 of a user whose row was written in one batch with that of their password.
ALTER TABLE users ADD COLUMN with_password INTEGER NOT NULL DEFAULT 0 CHECK (with_password IN (0, 1));
-- Of those, whatever became of them: who has a password now is this and what `provider_counts` says, which may be below zero.
ALTER TABLE user_counts ADD COLUMN passwords INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER users_added;
DROP TRIGGER users_moved;
DROP TRIGGER passwords_added;
DROP TRIGGER passwords_removed;

CREATE TRIGGER users_added AFTER INSERT ON users BEGIN
  INSERT INTO user_counts (realm_id, facet, users, passwords) VALUES (NEW.realm_id, NEW.facet, 1, NEW.with_password)
  ON CONFLICT (realm_id, facet) DO UPDATE SET users = users + 1, passwords = passwords + excluded.passwords;
  -- 1 is a row that is written with the first entry of the log and the first session.
  INSERT INTO realm_days
  SELECT NEW.realm_id, date(NEW.created_at / 1000, 'unixepoch'), NEW.anonymous = 0, NEW.told = 1, NEW.told = 1
  WHERE NEW.anonymous = 0 OR NEW.told = 1
  ON CONFLICT (realm_id, date) DO UPDATE SET sign_ups = sign_ups + excluded.sign_ups,
    sign_ins = sign_ins + excluded.sign_ins, active_users = active_users + excluded.active_users;
  INSERT INTO session_counts SELECT NEW.realm_id, key, value FROM json_each(NEW.sessions) WHERE true
  ON CONFLICT (realm_id, date) DO UPDATE SET sessions = sessions + excluded.sessions;
END;

CREATE TRIGGER users_moved AFTER UPDATE OF status, role, plan, email_verified, anonymous ON users
WHEN OLD.facet <> NEW.facet BEGIN
  UPDATE user_counts SET users = users - 1 WHERE realm_id = OLD.realm_id AND facet = OLD.facet;
  INSERT INTO user_counts (realm_id, facet, users) VALUES (NEW.realm_id, NEW.facet, 1)
  ON CONFLICT (realm_id, facet) DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER passwords_added AFTER INSERT ON passwords
-- One that is set later is of a later time.
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND with_password = 1 AND created_at = NEW.updated_at) BEGIN
  INSERT INTO provider_counts SELECT realm_id, 'password', 1 FROM users WHERE id = NEW.user_id
  ON CONFLICT (realm_id, provider) DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER passwords_removed AFTER DELETE ON passwords BEGIN
  INSERT INTO provider_counts SELECT realm_id, 'password', -1 FROM users WHERE id = OLD.user_id
  ON CONFLICT (realm_id, provider) DO UPDATE SET users = users - 1;
END;
