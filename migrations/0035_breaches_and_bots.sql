-- Whether new passwords are looked up among those that were published in breaches.
ALTER TABLE realms ADD COLUMN breached_passwords TEXT NOT NULL DEFAULT 'refused' CHECK (breached_passwords IN ('refused', 'unchecked'));
-- What who became suspicious has to solve before accounts are made or messages sent.
ALTER TABLE realms ADD COLUMN challenge TEXT NOT NULL DEFAULT 'off' CHECK (challenge IN ('off', 'altcha', 'turnstile'));
