-- Ids are those of one source: two other systems may both have a user 7. '' is what was imported before, and any source
-- that has no name.
ALTER TABLE imported_users ADD COLUMN source TEXT NOT NULL DEFAULT '';

DROP INDEX imported_users_by_external_id;
CREATE UNIQUE INDEX imported_users_by_external_id ON imported_users (realm_id, source, external_id)
WHERE external_id IS NOT NULL;
