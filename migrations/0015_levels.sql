-- How old a proof of who a user is may be where a fresh one is needed, and for acts of admins and owners (seconds).
ALTER TABLE realms ADD COLUMN reauthentication_seconds INTEGER NOT NULL DEFAULT 600
  CHECK (reauthentication_seconds BETWEEN 60 AND 86400);
ALTER TABLE realms ADD COLUMN operator_reauthentication_seconds INTEGER NOT NULL DEFAULT 3600
  CHECK (operator_reauthentication_seconds BETWEEN 60 AND 86400);

-- When the user proved who they are: a browser that is signed in passes on its session, not a new proof.
ALTER TABLE authorization_codes ADD COLUMN authenticated_at INTEGER;

-- Who answers for a key: its maker, or the owner who has taken it over; `internal` for the bootstrap key, and null when
-- nobody knows any more. A key that a key has made is its keeper's.
ALTER TABLE api_keys ADD COLUMN keeper TEXT;
UPDATE api_keys SET keeper = (
  WITH RECURSIVE makers (maker) AS (
    SELECT api_keys.created_by
    UNION
    SELECT parent.created_by FROM api_keys parent JOIN makers ON parent.id = makers.maker
  )
  SELECT maker FROM makers WHERE maker NOT LIKE 'key\_%' ESCAPE '\' LIMIT 1
);
