-- Names as searches and lists compare them: without case and accents. SQLite folds ASCII only, so the code that writes a
-- name writes these too. NULL: nothing but ASCII, or not folded yet.
ALTER TABLE users ADD COLUMN folded_name TEXT;
ALTER TABLE users ADD COLUMN folded_family_name TEXT;

DROP INDEX users_by_name;
DROP INDEX users_by_family_name;
DROP INDEX users_listed_by_name;
CREATE INDEX users_by_name ON users (realm_id, coalesce(folded_name, lower(name))) WHERE name IS NOT NULL;
-- The family name, or else what follows the first word.
CREATE INDEX users_by_family_name ON users (realm_id, coalesce(folded_family_name, lower(family_name),
  substr(coalesce(folded_name, lower(name)), instr(coalesce(folded_name, lower(name)), ' ') + 1)));
CREATE INDEX users_listed_by_name ON users (realm_id, facet, coalesce(folded_name, lower(name), ''), id);

-- Users in whom something is yet to be brought into the form that the code writes: those who were there before it, and
-- those whom anything else wrote. A job of the code empties it.
CREATE TABLE users_to_fold (user_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

INSERT INTO users_to_fold SELECT id FROM users
WHERE name GLOB '*[^ -~]*' OR family_name GLOB '*[^ -~]*'
  -- Perhaps with the prefix of calls at home behind the calling code, as "+49 (0)151 …" was written.
  OR phone_number GLOB '+[1-9]0*' OR phone_number GLOB '+[1-9][0-9]0*' OR phone_number GLOB '+[1-9][0-9][0-9]0*';

CREATE TRIGGER users_added_unfolded AFTER INSERT ON users
WHEN (NEW.folded_name IS NULL AND NEW.name GLOB '*[^ -~]*')
  OR (NEW.folded_family_name IS NULL AND NEW.family_name GLOB '*[^ -~]*')
BEGIN
  INSERT OR IGNORE INTO users_to_fold VALUES (NEW.id);
END;

CREATE TRIGGER users_renamed_unfolded AFTER UPDATE OF name, family_name ON users
WHEN (NEW.name IS NOT OLD.name AND NEW.folded_name IS OLD.folded_name
    AND (NEW.folded_name IS NOT NULL OR NEW.name GLOB '*[^ -~]*'))
  OR (NEW.family_name IS NOT OLD.family_name AND NEW.folded_family_name IS OLD.folded_family_name
    AND (NEW.folded_family_name IS NOT NULL OR NEW.family_name GLOB '*[^ -~]*'))
BEGIN
  INSERT OR IGNORE INTO users_to_fold VALUES (NEW.id);
END;
