-- By what the lines of an invoice were read when it was first: a plan that brings other credits since, or a price that is no
-- plan's any more, changes nothing of what was bought before.
CREATE TABLE billing_invoice_rates (
  invoice_id TEXT NOT NULL,
  price_id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  monthly_credits INTEGER NOT NULL,
  months REAL NOT NULL,
  unit_amount INTEGER,
  currency TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (invoice_id, price_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX billing_invoice_rates_by_user ON billing_invoice_rates (user_id);
