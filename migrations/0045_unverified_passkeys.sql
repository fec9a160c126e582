-- Whether a passkey may count as a factor by itself (WebAuthn 3, 4: uvInitialized). 0 for one that a browser has made unasked after a
-- sign-in by password, until its user confirms it. All others were made by users whom the authenticator had verified.
ALTER TABLE passkeys ADD COLUMN uv_initialized INTEGER NOT NULL DEFAULT 1;
