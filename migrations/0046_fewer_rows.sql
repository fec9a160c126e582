-- A registration and a sign-in write fewer rows.

-- What happened on a day is one row of its realm, not three: a registration counts for all of them.
DROP TRIGGER users_added;
DROP TRIGGER users_active;
DROP TRIGGER users_registered;
DROP TRIGGER users_removed;
DROP TRIGGER activity_signed_in;

CREATE TABLE realm_days (
  realm_id TEXT NOT NULL,
  date TEXT NOT NULL,
  sign_ups INTEGER NOT NULL DEFAULT 0,
  sign_ins INTEGER NOT NULL DEFAULT 0,
  active_users INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (realm_id, date)
) STRICT, WITHOUT ROWID;

INSERT INTO realm_days
SELECT realm_id, date, coalesce(sum(count) FILTER (WHERE metric = 'sign_ups'), 0),
  coalesce(sum(count) FILTER (WHERE metric = 'sign_ins'), 0), coalesce(sum(count) FILTER (WHERE metric = 'active_users'), 0)
FROM realm_daily GROUP BY realm_id, date;
DROP TABLE realm_daily;
-- For a Worker of before, while it still answers.
CREATE VIEW realm_daily AS
SELECT realm_id, date, 'sign_ups' AS metric, sign_ups AS count FROM realm_days WHERE sign_ups > 0
UNION ALL SELECT realm_id, date, 'sign_ins', sign_ins FROM realm_days WHERE sign_ins > 0
UNION ALL SELECT realm_id, date, 'active_users', active_users FROM realm_days WHERE active_users > 0;

CREATE TRIGGER users_added AFTER INSERT ON users BEGIN
  INSERT INTO user_counts VALUES (NEW.realm_id, NEW.facet, 1)
  ON CONFLICT (realm_id, facet) DO UPDATE SET users = users + 1;
  -- 1 is a row that is written with the first entry of the log and the first session.
  INSERT INTO realm_days
  SELECT NEW.realm_id, date(NEW.created_at / 1000, 'unixepoch'), NEW.anonymous = 0, NEW.told = 1, NEW.told = 1
  WHERE NEW.anonymous = 0 OR NEW.told = 1
  ON CONFLICT (realm_id, date) DO UPDATE SET sign_ups = sign_ups + excluded.sign_ups,
    sign_ins = sign_ins + excluded.sign_ins, active_users = active_users + excluded.active_users;
  INSERT INTO session_counts SELECT NEW.realm_id, key, value FROM json_each(NEW.sessions) WHERE true
  ON CONFLICT (realm_id, date) DO UPDATE SET sessions = sessions + excluded.sessions;
END;

CREATE TRIGGER users_active AFTER UPDATE OF last_active_on ON users
WHEN NEW.last_active_on IS NOT NULL AND OLD.last_active_on IS NOT NEW.last_active_on BEGIN
  INSERT INTO realm_days (realm_id, date, active_users) VALUES (NEW.realm_id, NEW.last_active_on, 1)
  ON CONFLICT (realm_id, date) DO UPDATE SET active_users = active_users + 1;
END;

CREATE TRIGGER users_registered AFTER UPDATE OF anonymous ON users
WHEN OLD.anonymous = 1 AND NEW.anonymous = 0 BEGIN
  INSERT INTO realm_days (realm_id, date, sign_ups) VALUES (NEW.realm_id, date(NEW.created_at / 1000, 'unixepoch'), 1)
  ON CONFLICT (realm_id, date) DO UPDATE SET sign_ups = sign_ups + 1;
END;

CREATE TRIGGER users_removed AFTER DELETE ON users BEGIN
  UPDATE user_counts SET users = users - 1 WHERE realm_id = OLD.realm_id AND facet = OLD.facet;
  UPDATE realm_days SET sign_ups = sign_ups - 1
  WHERE realm_id = OLD.realm_id AND date = date(OLD.created_at / 1000, 'unixepoch') AND sign_ups > 0 AND OLD.anonymous = 0;
  UPDATE realm_days SET active_users = active_users - 1
  WHERE realm_id = OLD.realm_id AND date = OLD.last_active_on AND active_users > 0;
END;

CREATE TRIGGER activity_signed_in AFTER INSERT ON activity
WHEN NEW.type = 'signed_in'
  -- The entry that is written with its user is counted there.
  OR (NEW.type = 'registered' AND NOT (NEW.seq = 1 AND EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND told = 1)))
BEGIN
  INSERT INTO realm_days (realm_id, date, sign_ins) VALUES (NEW.realm_id, date(NEW.at / 1000, 'unixepoch'), 1)
  ON CONFLICT (realm_id, date) DO UPDATE SET sign_ins = sign_ins + 1;
END;

-- All entries are those of each type, by `activity_by_type`.
DROP INDEX activity_by_realm;

-- Only who has a name is found by it.
DROP INDEX users_by_family_name;
CREATE INDEX users_by_family_name ON users (realm_id, coalesce(folded_family_name, lower(family_name),
  substr(coalesce(folded_name, lower(name)), instr(coalesce(folded_name, lower(name)), ' ') + 1)))
WHERE name IS NOT NULL OR family_name IS NOT NULL;
