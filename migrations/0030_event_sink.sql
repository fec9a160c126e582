-- How far the sink of events has come with the audit log, and how it does: one row. Times are Unix milliseconds.
CREATE TABLE event_sink (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- The last entry that it has; NULL before the first run.
  audit_id TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER,
  failed_at INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  sent_at INTEGER,
  -- Events that it refused for good, or that were gone before it worked again.
  dropped INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO event_sink (id) VALUES (1);
