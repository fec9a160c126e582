-- A number that was proven by a code alone, while nobody was signed in: it opens no account.
ALTER TABLE users ADD COLUMN phone_proven_apart INTEGER NOT NULL DEFAULT 0 CHECK (phone_proven_apart IN (0, 1));

-- Whether an operator chose how long access tokens live. Where nobody did, it is the Worker's to say: by the dialects it speaks.
ALTER TABLE realms ADD COLUMN access_token_chosen INTEGER NOT NULL DEFAULT 0 CHECK (access_token_chosen IN (0, 1));

UPDATE realms SET access_token_chosen = 1 WHERE access_token_seconds <> 600;

CREATE TRIGGER realms_access_token_chosen AFTER UPDATE OF access_token_seconds ON realms
WHEN NEW.access_token_chosen = 0 BEGIN
  UPDATE realms SET access_token_chosen = 1 WHERE id = NEW.id;
END;

CREATE TRIGGER realms_access_token_given AFTER INSERT ON realms
WHEN NEW.access_token_seconds <> 600 AND NEW.access_token_chosen = 0 BEGIN
  UPDATE realms SET access_token_chosen = 1 WHERE id = NEW.id;
END;

-- Users who were deleted leave the count of those who came on their day, as they leave all others.
DROP TRIGGER users_removed;
CREATE TRIGGER users_removed AFTER DELETE ON users BEGIN
  UPDATE user_counts SET users = users - 1 WHERE realm_id = OLD.realm_id AND facet = OLD.facet;
  UPDATE realm_daily SET count = count - 1
  WHERE realm_id = OLD.realm_id AND date = date(OLD.created_at / 1000, 'unixepoch') AND metric = 'sign_ups' AND count > 0;
  UPDATE realm_daily SET count = count - 1
  WHERE realm_id = OLD.realm_id AND date = OLD.last_active_on AND metric = 'active_users' AND count > 0;
END;
