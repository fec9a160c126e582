-- How far the stream of both logs has come: one chain for a database, in which each line has the hash of the one before.
CREATE TABLE audit_stream (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- Whether entries are kept for it.
  is_on INTEGER NOT NULL DEFAULT 0 CHECK (is_on IN (0, 1)),
  -- The last line that was taken: its number, and its SHA-256.
  seq INTEGER NOT NULL DEFAULT 0,
  hash TEXT NOT NULL DEFAULT '0000000000000000000000000000000000000000000000000000000000000000',
  -- Who writes until then: nobody else may.
  leased_until INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER,
  error TEXT,
  sent_at INTEGER
) STRICT;

INSERT INTO audit_stream (id) VALUES (1);

-- What the stream does not have yet, as it was written, in the order in which that was.
CREATE TABLE audit_queue (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  entry TEXT NOT NULL CHECK (json_type(entry) = 'object')
) STRICT;

-- The files that it was written to.
CREATE TABLE audit_files (
  first INTEGER PRIMARY KEY,
  last INTEGER NOT NULL,
  -- Of its last line.
  hash TEXT NOT NULL,
  key TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_streamed AFTER INSERT ON audit
WHEN (SELECT is_on FROM audit_stream) = 1
  AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = NEW.realm_id AND copying = 1)
BEGIN
  INSERT INTO audit_queue (at, entry) VALUES (NEW.at, json_object('log', 'audit', 'id', NEW.id, 'realm', NEW.realm_id, 'at', NEW.at,
    'actor', NEW.actor, 'action', NEW.action, 'target', NEW.target, 'details', json(NEW.details)));
END;

CREATE TRIGGER activity_streamed AFTER INSERT ON activity
WHEN (SELECT is_on FROM audit_stream) = 1
  AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = NEW.realm_id AND copying = 1)
BEGIN
  INSERT INTO audit_queue (at, entry) VALUES (NEW.at, json_object('log', 'activity', 'id', NEW.user_id || '.' || NEW.seq,
    'realm', NEW.realm_id, 'at', NEW.at, 'user_id', NEW.user_id, 'type', NEW.type, 'session_id', NEW.session_id, 'ip', NEW.ip,
    'country', NEW.country, 'user_agent', NEW.user_agent, 'actor', NEW.actor, 'details', json(NEW.details)));
END;
