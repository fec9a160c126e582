-- The session of the browser in which a user signs in to an app: signing out of the app ends it too.
ALTER TABLE authorization_codes ADD COLUMN browser_session TEXT;
