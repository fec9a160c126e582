-- Until when somebody has the right to refresh the tokens of a provider (Unix milliseconds): a provider that rotates refresh tokens takes
-- the second of two who use the same one for a thief.
ALTER TABLE identities ADD COLUMN refreshing_until INTEGER NOT NULL DEFAULT 0;
