-- Who has a second factor of their own is counted as who can sign in by what is: once, however many they have.
INSERT INTO provider_counts (realm_id, provider, users)
SELECT realm_id, 'second_factor', count(*) FROM users WHERE totp_count + passkey_count > 0 GROUP BY realm_id;

CREATE TRIGGER second_factor_came AFTER UPDATE OF totp_count, passkey_count ON users
WHEN OLD.totp_count + OLD.passkey_count = 0 AND NEW.totp_count + NEW.passkey_count > 0 BEGIN
  INSERT INTO provider_counts VALUES (NEW.realm_id, 'second_factor', 1)
  ON CONFLICT (realm_id, provider) DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER second_factor_imported AFTER INSERT ON users WHEN NEW.totp_count + NEW.passkey_count > 0 BEGIN
  INSERT INTO provider_counts VALUES (NEW.realm_id, 'second_factor', 1)
  ON CONFLICT (realm_id, provider) DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER second_factor_went AFTER UPDATE OF totp_count, passkey_count ON users
WHEN OLD.totp_count + OLD.passkey_count > 0 AND NEW.totp_count + NEW.passkey_count = 0 BEGIN
  UPDATE provider_counts SET users = users - 1 WHERE realm_id = OLD.realm_id AND provider = 'second_factor';
END;

CREATE TRIGGER second_factor_left AFTER DELETE ON users WHEN OLD.totp_count + OLD.passkey_count > 0 BEGIN
  UPDATE provider_counts SET users = users - 1 WHERE realm_id = OLD.realm_id AND provider = 'second_factor';
END;
