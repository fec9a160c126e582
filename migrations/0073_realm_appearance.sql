-- How the pages of a realm look beside its colour and logo: {"terms": "https://…", "welcome": {"en": "…"}, "background": "#0f172a"}. What is
-- not there is as it always was.
ALTER TABLE realms ADD COLUMN appearance TEXT NOT NULL DEFAULT '{}' CHECK (json_type(appearance) = 'object');
