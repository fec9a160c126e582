-- Whether new passwords are looked up among those that were published in breaches.
ALTER TABLE realms ADD COLUMN breached_passwords TEXT NOT NULL DEFAULT 'refused' CHECK (breached_passwords IN ('refused', 'unchecked'));
