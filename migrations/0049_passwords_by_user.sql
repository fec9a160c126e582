-- A table whose key is text takes a row less without a number of its own.
DROP TRIGGER passwords_added;
DROP TRIGGER passwords_removed;
DROP TRIGGER users_password_first;

CREATE TABLE passwords_by_user (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO passwords_by_user SELECT user_id, hash, updated_at FROM passwords ORDER BY user_id;
DROP TABLE passwords;
ALTER TABLE passwords_by_user RENAME TO passwords;

CREATE TRIGGER passwords_added AFTER INSERT ON passwords BEGIN
  INSERT INTO provider_counts SELECT realm_id, 'password', 1 FROM users WHERE id = NEW.user_id
  ON CONFLICT (realm_id, provider) DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER passwords_removed AFTER DELETE ON passwords BEGIN
  UPDATE provider_counts SET users = users - 1
  WHERE provider = 'password' AND realm_id = (SELECT realm_id FROM users WHERE id = OLD.user_id);
END;

CREATE TRIGGER users_password_first BEFORE DELETE ON users BEGIN
  DELETE FROM passwords WHERE user_id = OLD.id;
END;
