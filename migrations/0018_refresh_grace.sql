-- For how long a refresh token that was used gives the current pair again.
ALTER TABLE realms ADD COLUMN refresh_grace_seconds INTEGER NOT NULL DEFAULT 30 CHECK (refresh_grace_seconds BETWEEN 0 AND 600);
