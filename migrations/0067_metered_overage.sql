-- What goes beyond a limit and is billed with the subscription, by meters of Stripe's.

-- The meters by which the subscription of a payer pays, as a list of the names of their events; null for none.
ALTER TABLE users ADD COLUMN meters TEXT;
ALTER TABLE organizations ADD COLUMN meters TEXT;
ALTER TABLE billing_subscriptions ADD COLUMN meters TEXT;
ALTER TABLE organization_subscriptions ADD COLUMN meters TEXT;
-- The prices by use that a subscription to the price of a plan has beside it, as a list of their ids; null for none.
ALTER TABLE billing_prices ADD COLUMN metered TEXT;

-- What payers have used of a UTC hour that a meter bills, and how much of it Stripe was told. All times are Unix milliseconds.
CREATE TABLE overage_reports (
  hour INTEGER NOT NULL,
  payer_id TEXT NOT NULL,
  meter TEXT NOT NULL,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  -- As a whole, and when the last of it was.
  used INTEGER NOT NULL CHECK (used > 0),
  used_at INTEGER NOT NULL,
  -- What Stripe has taken; of which customer.
  reported INTEGER NOT NULL DEFAULT 0 CHECK (reported BETWEEN 0 AND used),
  customer_id TEXT,
  -- How many reports were begun: each has a number, by which Stripe knows it again. The last one, while nobody knows what became of it.
  number INTEGER NOT NULL DEFAULT 0,
  pending INTEGER CHECK (pending > 0),
  pending_at INTEGER,
  pending_since INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER,
  leased_until INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  -- When to compare it with what Stripe has counted, and what that was the last time, where it was less.
  check_at INTEGER,
  missed INTEGER,
  PRIMARY KEY (hour, payer_id, meter),
  CHECK (payer_id = coalesce(user_id, organization_id) AND (user_id IS NULL) <> (organization_id IS NULL)),
  CHECK ((pending IS NULL) = (pending_since IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX overage_reports_due ON overage_reports (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX overage_reports_unchecked ON overage_reports (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX overage_reports_troubled ON overage_reports (realm_id, hour) WHERE last_error IS NOT NULL;
CREATE INDEX overage_reports_by_user ON overage_reports (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX overage_reports_by_organization ON overage_reports (organization_id) WHERE organization_id IS NOT NULL;
