-- How many API keys of their own a user, and an organization, may have; none where it is 0. The keys are in the objects of their owners.
ALTER TABLE realms ADD COLUMN own_api_keys INTEGER NOT NULL DEFAULT 20 CHECK (own_api_keys BETWEEN 0 AND 50);
