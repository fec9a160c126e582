-- Who has no username, or no name, is listed behind those who have, by when they came: a registration takes two rows less.
DROP INDEX users_listed_by_username;
DROP INDEX users_listed_by_name;
CREATE INDEX users_listed_by_username ON users (realm_id, facet, username, id) WHERE username <> '';
CREATE INDEX users_listed_by_name ON users (realm_id, facet, coalesce(folded_name, lower(name)), id) WHERE name <> '';
