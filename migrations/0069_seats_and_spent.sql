-- Seats that an organization is buying: while its subscription is being changed no more may join than these, whatever was paid before.
ALTER TABLE billing_customers ADD COLUMN held_seats INTEGER;
ALTER TABLE organization_customers ADD COLUMN held_seats INTEGER;

-- What was spent of the month in other currencies than that of the limit, by currency: {"usd":500}.
ALTER TABLE top_ups ADD COLUMN spent_elsewhere TEXT;
