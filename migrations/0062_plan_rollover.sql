-- How many of a plan's credits that expire roll over into the next month: none unless it is said, and all with null.
ALTER TABLE plans ADD COLUMN rollover_credits INTEGER DEFAULT 0 CHECK (rollover_credits >= 0);
