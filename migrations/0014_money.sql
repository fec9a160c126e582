-- Callers' references and Latchkey's own may be the same text: within a ledger only its numbers are unique, and the account
-- object decides what a reference stands for.
CREATE TABLE credit_transactions_new (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  realm_id TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('purchase', 'added', 'used', 'refund', 'grant', 'expired')),
  amount INTEGER NOT NULL CHECK (amount <> 0),
  balance_after INTEGER NOT NULL CHECK (balance_after >= 0),
  reference TEXT NOT NULL,
  refund_of TEXT,
  description TEXT,
  actor TEXT,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, seq)
) STRICT, WITHOUT ROWID;

INSERT INTO credit_transactions_new SELECT * FROM credit_transactions;
DROP TABLE credit_transactions;
ALTER TABLE credit_transactions_new RENAME TO credit_transactions;

CREATE INDEX credit_transactions_by_realm ON credit_transactions (realm_id, created_at);

-- The address of a user has changed, and Stripe is to be told: when to try (again), and how often that has failed.
ALTER TABLE billing_customers ADD COLUMN address_due INTEGER;
ALTER TABLE billing_customers ADD COLUMN address_attempts INTEGER NOT NULL DEFAULT 0;

CREATE INDEX billing_customers_by_address_due ON billing_customers (address_due) WHERE address_due IS NOT NULL;

-- However an address changes, Stripe hears of it.
CREATE TRIGGER billing_address_changed AFTER UPDATE OF email ON users WHEN OLD.email <> NEW.email BEGIN
  UPDATE billing_customers SET address_due = 0, address_attempts = 0 WHERE user_id = NEW.id;
END;
