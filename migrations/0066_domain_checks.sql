-- A proof that a domain is an organization's is looked at again each day: when that was last done, and how often in a row the record was
-- not there. Those that are due are found without the others.
ALTER TABLE organization_domains ADD COLUMN checked_at INTEGER;
ALTER TABLE organization_domains ADD COLUMN missed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX organization_domains_checked ON organization_domains (coalesce(checked_at, verified_at)) WHERE verified_at IS NOT NULL;
