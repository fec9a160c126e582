-- How many users can sign in by what: `password`, or the id of a provider. Who can by several counts for each.
CREATE TABLE provider_counts (
  realm_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  users INTEGER NOT NULL,
  PRIMARY KEY (realm_id, provider)
) STRICT, WITHOUT ROWID;

INSERT INTO provider_counts SELECT realm_id, provider, count(*) FROM identities GROUP BY realm_id, provider;
INSERT INTO provider_counts
SELECT realm_id, 'password', count(*) FROM passwords JOIN users ON users.id = passwords.user_id GROUP BY realm_id;

CREATE TRIGGER identities_added AFTER INSERT ON identities BEGIN
  INSERT INTO provider_counts VALUES (NEW.realm_id, NEW.provider, 1)
  ON CONFLICT (realm_id, provider) DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER identities_removed AFTER DELETE ON identities BEGIN
  UPDATE provider_counts SET users = users - 1 WHERE realm_id = OLD.realm_id AND provider = OLD.provider;
END;

CREATE TRIGGER passwords_added AFTER INSERT ON passwords BEGIN
  INSERT INTO provider_counts SELECT realm_id, 'password', 1 FROM users WHERE id = NEW.user_id
  ON CONFLICT (realm_id, provider) DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER passwords_removed AFTER DELETE ON passwords BEGIN
  UPDATE provider_counts SET users = users - 1
  WHERE provider = 'password' AND realm_id = (SELECT realm_id FROM users WHERE id = OLD.user_id);
END;

-- A password does not know its realm: it goes before its user does, not with them.
CREATE TRIGGER users_password_first BEFORE DELETE ON users BEGIN
  DELETE FROM passwords WHERE user_id = OLD.id;
END;
