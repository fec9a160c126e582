-- A payment that arrives when its payer is gone buys nothing, and goes back.

-- Customers of payers who are gone stay known for a while after they were deleted at Stripe: what is still paid by them is theirs.
ALTER TABLE billing_erasures ADD COLUMN settled_at INTEGER;
CREATE INDEX billing_erasures_due ON billing_erasures (next_attempt_at) WHERE settled_at IS NULL;
CREATE INDEX billing_erasures_settled ON billing_erasures (settled_at) WHERE settled_at IS NOT NULL;

-- Payments to give back. Of a top-up that was under way nobody may know yet whether Stripe has it: it is known by its number until then.
CREATE TABLE stray_payments (
  id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL,
  payment_id TEXT,
  top_up INTEGER,
  begun_at INTEGER NOT NULL,
  found_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  settled_at INTEGER,
  CHECK (payment_id IS NOT NULL OR top_up IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX stray_payments_due ON stray_payments (next_attempt_at) WHERE settled_at IS NULL;
CREATE INDEX stray_payments_settled ON stray_payments (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX stray_payments_by_customer ON stray_payments (customer_id);

-- While it is known whose they are.
CREATE TRIGGER user_leaves_payment BEFORE DELETE ON users
WHEN EXISTS (SELECT 1 FROM top_ups WHERE payer_id = OLD.id AND pending_amount IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = OLD.realm_id AND copying = 1) BEGIN
  INSERT OR IGNORE INTO stray_payments (id, customer_id, top_up, begun_at, found_at)
  SELECT 'top-up:' || payer_id || ':' || counter, customer_id, counter, pending_since, unixepoch() * 1000
  FROM top_ups JOIN billing_customers ON billing_customers.user_id = payer_id WHERE payer_id = OLD.id;
END;

CREATE TRIGGER organization_leaves_payment BEFORE DELETE ON organizations
WHEN EXISTS (SELECT 1 FROM top_ups WHERE payer_id = OLD.id AND pending_amount IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = OLD.realm_id AND copying = 1) BEGIN
  INSERT OR IGNORE INTO stray_payments (id, customer_id, top_up, begun_at, found_at)
  SELECT 'top-up:' || payer_id || ':' || counter, customer_id, counter, pending_since, unixepoch() * 1000
  FROM top_ups JOIN organization_customers ON organization_customers.organization_id = payer_id WHERE payer_id = OLD.id;
END;
