-- Credits that an imported user brought along. The account object enters them in its ledger once, when it is first asked.
ALTER TABLE users ADD COLUMN opening_credits INTEGER NOT NULL DEFAULT 0 CHECK (opening_credits >= 0);
