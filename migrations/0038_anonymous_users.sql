-- Users without an address or any other way in: what they are known by is their session. `email` is a placeholder then, at
-- `anonymous.invalid`, and stays one until an address is given.
ALTER TABLE users ADD COLUMN anonymous INTEGER NOT NULL DEFAULT 0 CHECK (anonymous IN (0, 1));
-- Whether a realm has them.
ALTER TABLE realms ADD COLUMN anonymous_users TEXT NOT NULL DEFAULT 'off' CHECK (anonymous_users IN ('off', 'on'));

-- Those who are not used any more, for the job that deletes them.
CREATE INDEX users_anonymous ON users (realm_id, last_active_on, created_at) WHERE anonymous = 1;

-- One more thing that admins filter by. The column is not stored: only what is made of it is made again.
DROP TRIGGER users_added;
DROP TRIGGER users_moved;
DROP TRIGGER users_removed;
DROP INDEX users_listed_by_created;
DROP INDEX users_listed_by_login;
DROP INDEX users_listed_by_email;
DROP INDEX users_listed_by_username;
DROP INDEX users_listed_by_name;
ALTER TABLE users DROP COLUMN facet;
ALTER TABLE users ADD COLUMN facet TEXT
  GENERATED ALWAYS AS (status || ' ' || role || ' ' || plan || ' ' || email_verified || ' ' || anonymous) VIRTUAL;
CREATE INDEX users_listed_by_created ON users (realm_id, facet, created_at, id);
CREATE INDEX users_listed_by_login ON users (realm_id, facet, coalesce(last_login_at, 0), id);
CREATE INDEX users_listed_by_email ON users (realm_id, facet, email, id);
CREATE INDEX users_listed_by_username ON users (realm_id, facet, coalesce(username, '') COLLATE NOCASE, id);
CREATE INDEX users_listed_by_name ON users (realm_id, facet, coalesce(folded_name, lower(name), ''), id);
UPDATE user_counts SET facet = facet || ' 0';

-- Who came without registering is no sign-up until they register: then they are one of the day on which they came, from which they
-- leave again when they are deleted.
CREATE TRIGGER users_added AFTER INSERT ON users BEGIN
  INSERT INTO user_counts VALUES (NEW.realm_id, NEW.facet, 1)
  ON CONFLICT (realm_id, facet) DO UPDATE SET users = users + 1;
  INSERT INTO realm_daily
  SELECT NEW.realm_id, date(NEW.created_at / 1000, 'unixepoch'), 'sign_ups', 1 WHERE NEW.anonymous = 0
  ON CONFLICT (realm_id, date, metric) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER users_moved AFTER UPDATE OF status, role, plan, email_verified, anonymous ON users
WHEN OLD.facet <> NEW.facet BEGIN
  UPDATE user_counts SET users = users - 1 WHERE realm_id = OLD.realm_id AND facet = OLD.facet;
  INSERT INTO user_counts VALUES (NEW.realm_id, NEW.facet, 1)
  ON CONFLICT (realm_id, facet) DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER users_registered AFTER UPDATE OF anonymous ON users
WHEN OLD.anonymous = 1 AND NEW.anonymous = 0 BEGIN
  INSERT INTO realm_daily VALUES (NEW.realm_id, date(NEW.created_at / 1000, 'unixepoch'), 'sign_ups', 1)
  ON CONFLICT (realm_id, date, metric) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER users_removed AFTER DELETE ON users BEGIN
  UPDATE user_counts SET users = users - 1 WHERE realm_id = OLD.realm_id AND facet = OLD.facet;
  UPDATE realm_daily SET count = count - 1
  WHERE realm_id = OLD.realm_id AND date = date(OLD.created_at / 1000, 'unixepoch') AND metric = 'sign_ups'
    AND count > 0 AND OLD.anonymous = 0;
  UPDATE realm_daily SET count = count - 1
  WHERE realm_id = OLD.realm_id AND date = OLD.last_active_on AND metric = 'active_users' AND count > 0;
END;
