-- A table whose key is text takes a row less without a number of its own.
DROP TRIGGER events_sent;
DROP TRIGGER deliveries_forgotten;

CREATE TABLE outbox_by_id (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  -- Without a foreign key: the last mail outlives the account.
  user_id TEXT,
  channel TEXT NOT NULL CHECK (channel IN ('mail', 'sms', 'webhook')),
  -- Of an event, its type.
  template TEXT NOT NULL,
  recipient TEXT NOT NULL,
  locale TEXT,
  -- What the template needs, links and codes included: emptied as soon as the message is settled.
  data TEXT NOT NULL,
  -- void: what an address that nobody has gets instead, so that it costs the same.
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'dead', 'void')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  leased_until INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  -- A code or link that is dead by then is not sent any more.
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  -- What is delivered.
  event_id TEXT,
  CHECK ((channel = 'webhook') = (event_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO outbox_by_id SELECT * FROM outbox ORDER BY id;
DROP TABLE outbox;
ALTER TABLE outbox_by_id RENAME TO outbox;

CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE status = 'pending' AND channel <> 'webhook';
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX outbox_retriable ON outbox (expires_at) WHERE status = 'dead' AND data <> '{}';
CREATE INDEX outbox_by_status ON outbox (realm_id, status, created_at, id) WHERE channel <> 'webhook';
CREATE INDEX outbox_listed_by_user ON outbox (user_id, created_at, id) WHERE user_id IS NOT NULL AND channel <> 'webhook';
CREATE INDEX outbox_deliveries_due ON outbox (recipient, next_attempt_at) WHERE channel = 'webhook' AND status = 'pending';
CREATE INDEX outbox_deliveries ON outbox (recipient, created_at, id) WHERE channel = 'webhook';

-- Each endpoint that wants an event gets it, from those on that happened after it was made; three days long it is tried.
CREATE TRIGGER events_sent AFTER INSERT ON events
-- A test is for one endpoint, by whom it is asked for.
WHEN NEW.type <> 'webhook.test' AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = NEW.realm_id AND copying = 1) BEGIN
  INSERT OR IGNORE INTO outbox (id, realm_id, user_id, channel, template, recipient, data, next_attempt_at, created_at, expires_at, event_id)
  SELECT 'dlv_' || substr(NEW.id, 5) || '.' || id, NEW.realm_id, NEW.user_id, 'webhook', NEW.type, id, '{}', NEW.at, NEW.at,
    NEW.at + 259200000, NEW.id
  FROM webhook_endpoints
  WHERE realm_id = NEW.realm_id AND status = 'active' AND created_at <= NEW.at
    AND (events IS NULL OR NEW.type IN (SELECT value FROM json_each(events)));
END;

CREATE TRIGGER deliveries_forgotten AFTER DELETE ON outbox WHEN OLD.channel = 'webhook' BEGIN
  DELETE FROM webhook_attempts WHERE delivery_id = OLD.id;
END;
