-- What was paid before its payer left was for what they had, and stays.

-- When the payer left, Unix milliseconds. Of who left before this column came: no later than the customer was deleted at Stripe.
ALTER TABLE billing_erasures ADD COLUMN left_at INTEGER;
UPDATE billing_erasures SET left_at = coalesce(settled_at, unixepoch() * 1000);
-- What of a payment does not go back, for it pays for use; null for nothing.
ALTER TABLE stray_payments ADD COLUMN kept INTEGER;

-- Whole seconds, as Stripe's events have.
DROP TRIGGER billing_customer_left;
CREATE TRIGGER billing_customer_left AFTER DELETE ON billing_customers
WHEN NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = OLD.realm_id AND copying = 1) BEGIN
  INSERT OR IGNORE INTO billing_erasures (customer_id, left_at) VALUES (OLD.customer_id, unixepoch() * 1000);
END;
DROP TRIGGER organization_customer_left;
CREATE TRIGGER organization_customer_left AFTER DELETE ON organization_customers
WHEN NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = OLD.realm_id AND copying = 1) BEGIN
  INSERT OR IGNORE INTO billing_erasures (customer_id, left_at) VALUES (OLD.customer_id, unixepoch() * 1000);
END;

-- The last report that Stripe has taken of an hour: what it said, of which time, and when it was taken. Null for what was taken before.
ALTER TABLE overage_reports ADD COLUMN last_value INTEGER;
ALTER TABLE overage_reports ADD COLUMN last_value_at INTEGER;
ALTER TABLE overage_reports ADD COLUMN taken_at INTEGER;
