-- When the keeper of a key with the scope `admin` lost the role, and the key was suspended: it stays so until an owner takes it
-- over, also when the keeper has the role again. Whichever way the role is lost, the database sees it.
ALTER TABLE api_keys ADD COLUMN suspended_at INTEGER;

CREATE TRIGGER api_keys_lose_keeper AFTER UPDATE OF role, status ON users
WHEN OLD.role <> 'user' AND (NEW.role <> OLD.role OR NEW.status <> OLD.status)
BEGIN
  UPDATE api_keys SET suspended_at = NEW.updated_at
  WHERE keeper = NEW.id AND suspended_at IS NULL AND revoked_at IS NULL
    AND EXISTS (SELECT 1 FROM json_each(api_keys.scopes) WHERE value = 'admin')
    AND NOT (NEW.status = 'active'
      AND (NEW.role = 'owner' OR (NEW.role = 'admin' AND NEW.realm_id = api_keys.realm_id)));
END;

UPDATE api_keys SET suspended_at = CAST(unixepoch('subsec') * 1000 AS INTEGER)
WHERE keeper GLOB 'usr_*' AND revoked_at IS NULL
  AND EXISTS (SELECT 1 FROM json_each(api_keys.scopes) WHERE value = 'admin')
  AND NOT EXISTS (SELECT 1 FROM users WHERE users.id = api_keys.keeper AND users.status = 'active'
    AND (users.role = 'owner' OR (users.role = 'admin' AND users.realm_id = api_keys.realm_id)));

-- The chains of keys that keys have made end with the account of whoever began them, also where one between is revoked.
DROP INDEX api_keys_by_maker;
CREATE INDEX api_keys_by_maker ON api_keys (created_by);
CREATE INDEX api_keys_by_keeper ON api_keys (keeper);
