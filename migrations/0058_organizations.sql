-- Teams of a realm's users: who is in them and as what. What they use and pay together is in an object of each.

ALTER TABLE realms ADD COLUMN organizations TEXT NOT NULL DEFAULT 'open' CHECK (organizations IN ('open', 'closed'));
-- In how many one user can be, and how many members one can have.
ALTER TABLE realms ADD COLUMN organizations_per_user INTEGER NOT NULL DEFAULT 100 CHECK (organizations_per_user BETWEEN 1 AND 500);
ALTER TABLE realms ADD COLUMN members_per_organization INTEGER NOT NULL DEFAULT 1000 CHECK (members_per_organization BETWEEN 1 AND 10000);
-- Permissions by role: the realm's own roles, and what it adds to those that every realm has.
ALTER TABLE realms ADD COLUMN organization_roles TEXT NOT NULL DEFAULT '{}' CHECK (json_type(organization_roles) = 'object');

CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  realm_id TEXT NOT NULL REFERENCES realms (id),
  name TEXT NOT NULL,
  slug TEXT NOT NULL,
  logo TEXT,
  -- What the operator's own systems keep about it: set by admins, never by members.
  metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_type(metadata) = 'object'),
  plan TEXT NOT NULL DEFAULT 'organization',
  plan_expires_at INTEGER,
  custom_limits TEXT NOT NULL DEFAULT '{}',
  subscribed INTEGER NOT NULL DEFAULT 0 CHECK (subscribed IN (0, 1)),
  -- How many members it may have; null for as many as the realm lets one have.
  seats INTEGER CHECK (seats > 0),
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  -- Rises with each change of it or of who is in it.
  version INTEGER NOT NULL DEFAULT 1,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX organizations_by_slug ON organizations (realm_id, slug);
CREATE INDEX organizations_by_name ON organizations (realm_id, name COLLATE NOCASE, id);

CREATE TABLE organization_members (
  organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  role TEXT NOT NULL,
  -- Of the organization, when it became so.
  version INTEGER NOT NULL,
  invited_by TEXT,
  joined_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;

-- Who has left, or was removed, and does not come back by a domain.
CREATE TABLE organization_leavers (
  organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  left_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER organization_left AFTER DELETE ON organization_members
WHEN EXISTS (SELECT 1 FROM organizations WHERE id = OLD.organization_id) AND EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id)
  AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = OLD.realm_id AND copying = 1)
BEGIN
  INSERT OR REPLACE INTO organization_leavers (organization_id, user_id, realm_id, left_at)
  VALUES (OLD.organization_id, OLD.user_id, OLD.realm_id, CAST(unixepoch('subsec') * 1000 AS INTEGER));
END;

CREATE TRIGGER organization_joined AFTER INSERT ON organization_members
WHEN NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = NEW.realm_id AND copying = 1)
BEGIN
  DELETE FROM organization_leavers WHERE organization_id = NEW.organization_id AND user_id = NEW.user_id;
END;

CREATE INDEX organization_members_by_user ON organization_members (user_id, joined_at, organization_id);
CREATE INDEX organization_owners ON organization_members (organization_id) WHERE role = 'owner';

-- The last owner stays, as long as the organization does: whoever asks, by whatever way.
CREATE TRIGGER organization_owner_kept BEFORE UPDATE OF role ON organization_members
WHEN OLD.role = 'owner' AND NEW.role <> 'owner'
  AND NOT EXISTS (SELECT 1 FROM organization_members WHERE organization_id = OLD.organization_id AND role = 'owner' AND user_id <> OLD.user_id)
BEGIN
  SELECT RAISE(ABORT, 'last_organization_owner');
END;

CREATE TRIGGER organization_owner_not_removed BEFORE DELETE ON organization_members
WHEN OLD.role = 'owner'
  AND NOT EXISTS (SELECT 1 FROM organization_members WHERE organization_id = OLD.organization_id AND role = 'owner' AND user_id <> OLD.user_id)
  AND EXISTS (SELECT 1 FROM organizations WHERE id = OLD.organization_id)
  AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = OLD.realm_id AND copying = 1)
BEGIN
  SELECT RAISE(ABORT, 'last_organization_owner');
END;

CREATE TABLE organization_invitations (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  -- Either the address that it is for, or the domain of which any address will do.
  email TEXT,
  domain TEXT,
  role TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  invited_by TEXT NOT NULL,
  -- What a member has made stands as long as they may make it.
  by_operator INTEGER NOT NULL CHECK (by_operator IN (0, 1)),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  CHECK ((email IS NULL) <> (domain IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX organization_invitations_listed ON organization_invitations (organization_id, id);
CREATE INDEX organization_invitations_by_email ON organization_invitations (realm_id, email, organization_id) WHERE email IS NOT NULL;
CREATE INDEX organization_invitations_by_age ON organization_invitations (expires_at);

CREATE TABLE organization_domains (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  domain TEXT NOT NULL,
  -- What its TXT record has to say.
  token TEXT NOT NULL,
  verified_at INTEGER,
  -- As what users with a proven address of it join by themselves; null where they do not.
  joins_as TEXT,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (organization_id, domain)
) STRICT, WITHOUT ROWID;

-- Anybody may name a domain; one organization of a realm has proved that it is its own.
CREATE UNIQUE INDEX organization_domains_proven ON organization_domains (realm_id, domain) WHERE verified_at IS NOT NULL;
