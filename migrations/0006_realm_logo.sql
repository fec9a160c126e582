-- The address of a picture that pages show instead of the realm's name.
ALTER TABLE realms ADD COLUMN logo TEXT CHECK (logo GLOB 'https://*');
