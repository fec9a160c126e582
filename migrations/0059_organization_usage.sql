-- What each member of an organization has used in a month, as the object of the organization sums it up. `member` is the id of a user, or
-- of what asked for nobody; `resource` is empty for credits. A row is put in place of what was there, unless that has come further.
CREATE TABLE organization_usage (
  organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  month TEXT NOT NULL,
  member TEXT NOT NULL,
  resource TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (organization_id, month, member, resource)
) STRICT, WITHOUT ROWID;
