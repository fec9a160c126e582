-- What the authenticator calls the user of a passkey that another system has made; empty when that is not known. Of ours it follows
-- from the id of the user.
ALTER TABLE passkeys ADD COLUMN user_handle TEXT;
