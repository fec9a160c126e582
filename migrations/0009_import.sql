-- Moves of users from other systems. The rows up to `through_row` are done: they never count again, whatever became of
-- the users that they made.
CREATE TABLE imports (
  realm_id TEXT NOT NULL REFERENCES realms (id),
  id TEXT NOT NULL,
  -- Without a foreign key: a user, a key or the bootstrap key, and the import outlives them.
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  through_row INTEGER NOT NULL DEFAULT 0,
  imported INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (realm_id, id)
) STRICT, WITHOUT ROWID;

-- Where an imported user comes from.
CREATE TABLE imported_users (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  import_id TEXT NOT NULL,
  row INTEGER NOT NULL,
  -- What the other system called the user.
  external_id TEXT
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX imported_users_by_external_id ON imported_users (realm_id, external_id)
WHERE external_id IS NOT NULL;
