-- The two pools of users behind /User1 and /User2, which the clients of an older service know. There, nobody was let in
-- who had not proved their address. A realm that an operator made under such an id stays as it is.
--
-- Those clients were given a token for a day and have no way to exchange it: they get the longest that a realm may have.
-- Latchkey asks about the session each time, so a logout is felt at once; only services that check tokens by themselves
-- accept one until it expires, and for them a day would be too long.
INSERT INTO realms (id, name, registration, access_token_seconds, created_at, updated_at)
VALUES
  ('user1', 'User1', 'verify_first', 3600, unixepoch() * 1000, unixepoch() * 1000),
  ('user2', 'User2', 'verify_first', 3600, unixepoch() * 1000, unixepoch() * 1000)
ON CONFLICT (id) DO NOTHING;
