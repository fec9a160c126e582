-- Where the events of a realm are sent to (Standard Webhooks).
CREATE TABLE webhook_endpoints (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  url TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  -- The names of the events that it wants; null for all.
  events TEXT CHECK (events IS NULL OR json_type(events) = 'array'),
  -- What it is signed with now, and while it is replaced what it was signed with before: sealed.
  keys TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  -- Why it is disabled: an operator wanted it, it failed for too long, or it said that it is gone.
  disabled_for TEXT CHECK (disabled_for IN ('operator', 'failing', 'gone')),
  -- Rounds in which nothing got there, since the last in which something did.
  failures INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER,
  -- Not before then.
  retry_at INTEGER NOT NULL DEFAULT 0,
  delivered_at INTEGER,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK ((status = 'disabled') = (disabled_for IS NOT NULL))
) STRICT;

CREATE INDEX webhook_endpoints_of ON webhook_endpoints (realm_id, id);
CREATE INDEX webhook_endpoints_failing ON webhook_endpoints (realm_id) WHERE failing_since IS NOT NULL;

-- What happened, of what some endpoint wants to hear. Ids and names of fields only: it outlives its user.
CREATE TABLE events (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL,
  -- Rises with each event of a realm, and is never less than its time: what went before it may be gone.
  seq INTEGER NOT NULL,
  user_id TEXT,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT,
  request_id TEXT,
  data TEXT NOT NULL CHECK (json_type(data) = 'object')
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX events_in_order ON events (realm_id, seq);

-- Each try to deliver an event.
CREATE TABLE webhook_attempts (
  delivery_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  realm_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  -- Milliseconds.
  duration INTEGER NOT NULL,
  -- Of the answer; null when there was none.
  status INTEGER,
  error TEXT,
  -- The beginning of the answer.
  answer TEXT,
  PRIMARY KEY (delivery_id, attempt)
) STRICT, WITHOUT ROWID;

-- The outbox has one channel more: `webhook`, to an endpoint by its id.
CREATE TABLE outbox_of_channels (
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
) STRICT;

INSERT INTO outbox_of_channels
SELECT id, realm_id, user_id, channel, template, recipient, locale, data, status, attempts, next_attempt_at, leased_until,
  last_error, expires_at, created_at, settled_at, NULL FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_of_channels RENAME TO outbox;

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

-- What an act of operators and services tells, by the catalogue; null where it tells nothing.
ALTER TABLE audit ADD COLUMN event TEXT CHECK (event IS NULL OR json_type(event) = 'object');

CREATE TRIGGER audit_told AFTER INSERT ON audit
WHEN NEW.event IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = NEW.realm_id AND copying = 1)
  AND EXISTS (
    SELECT 1 FROM webhook_endpoints WHERE realm_id = NEW.realm_id AND created_at <= NEW.at
      AND (events IS NULL OR NEW.event ->> 'type' IN (SELECT value FROM json_each(events))))
BEGIN
  INSERT OR IGNORE INTO events (id, realm_id, seq, user_id, type, at, actor, request_id, data)
  SELECT 'evt_' || substr(NEW.id, 5), NEW.realm_id,
    max(coalesce((SELECT max(seq) + 1 FROM events WHERE realm_id = NEW.realm_id), 0), NEW.at),
    NULL, NEW.event ->> 'type', NEW.at, NEW.actor, NEW.event ->> 'request_id', NEW.event -> 'data';
END;

CREATE TRIGGER deliveries_forgotten AFTER DELETE ON outbox WHEN OLD.channel = 'webhook' BEGIN
  DELETE FROM webhook_attempts WHERE delivery_id = OLD.id;
END;
