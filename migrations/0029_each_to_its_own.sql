-- The account object holds what is one user's; here is what spans users.

-- The live sessions of a user by the UTC day on which they would expire, `{ "2026-01-31": 2 }`, as their object last said.
ALTER TABLE users ADD COLUMN sessions TEXT NOT NULL DEFAULT '{}' CHECK (json_type(sessions) = 'object');
-- By which of its tellings the object said so: an older one changes nothing.
ALTER TABLE users ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
-- 1 while there is history of the user (`past_*`, `activity`) that their object has not fetched yet.
ALTER TABLE users ADD COLUMN has_past INTEGER NOT NULL DEFAULT 0 CHECK (has_past IN (0, 1));

DROP TRIGGER sessions_added;
DROP TRIGGER sessions_ended;
DROP TRIGGER sessions_prolonged;
DROP TRIGGER sessions_removed;

UPDATE users SET sessions = coalesce((
  SELECT json_group_object(date, n) FROM (
    SELECT date(alive_until / 1000, 'unixepoch') AS date, count(*) AS n FROM sessions
    WHERE user_id = users.id AND ended_at IS NULL AND realm_id IS NOT NULL AND alive_until IS NOT NULL GROUP BY 1)), '{}');

CREATE TRIGGER users_sessions_told AFTER UPDATE OF sessions ON users WHEN OLD.sessions <> NEW.sessions BEGIN
  UPDATE session_counts SET sessions = sessions - (SELECT value FROM json_each(OLD.sessions) WHERE key = date)
  WHERE realm_id = OLD.realm_id AND date IN (SELECT key FROM json_each(OLD.sessions));
  INSERT INTO session_counts SELECT NEW.realm_id, key, value FROM json_each(NEW.sessions) WHERE true
  ON CONFLICT (realm_id, date) DO UPDATE SET sessions = sessions + excluded.sessions;
END;

CREATE TRIGGER users_sessions_gone AFTER DELETE ON users BEGIN
  UPDATE session_counts SET sessions = sessions - (SELECT value FROM json_each(OLD.sessions) WHERE key = date)
  WHERE realm_id = OLD.realm_id AND date IN (SELECT key FROM json_each(OLD.sessions));
END;

-- The ledgers are whole in the objects.
DROP TABLE credit_transactions;

-- What was written here of single users until now, and what is brought along from elsewhere, waits for their objects.
ALTER TABLE sessions RENAME TO past_sessions;
ALTER TABLE usage_events RENAME TO past_uses;
ALTER TABLE token_events RENAME TO past_token_uses;
ALTER TABLE usage_daily RENAME TO past_usage_days;
ALTER TABLE token_daily RENAME TO past_token_days;
DROP TRIGGER usage_daily_added;
DROP TRIGGER usage_daily_raised;
DROP TRIGGER token_daily_added;
DROP TRIGGER token_daily_raised;

UPDATE users SET has_past = 1;

-- Old entries are found by realm.
DROP INDEX activity_by_age;
