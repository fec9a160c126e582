-- What goes beyond a limit and costs credits, by resource: {"images": {"credits": 2, "per": 1}}. What is not there is refused.
ALTER TABLE plans ADD COLUMN overage TEXT NOT NULL DEFAULT '{}';
