-- Whether a client gets tokens only with a proof of a key (RFC 9449, 5.2).
ALTER TABLE oauth_clients ADD COLUMN dpop_bound INTEGER NOT NULL DEFAULT 0 CHECK (dpop_bound IN (0, 1));
