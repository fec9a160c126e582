-- Payers whose credits are bought again by themselves when few are left: what, up to how much in a month, and how far that has come.
CREATE TABLE top_ups (
  payer_id TEXT PRIMARY KEY,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  -- Credits; when there are fewer, the pack is bought that the price stands for.
  below INTEGER NOT NULL CHECK (below > 0),
  price_id TEXT NOT NULL,
  -- In the smallest unit of the currency, as all amounts here; of a UTC month.
  monthly_limit INTEGER NOT NULL CHECK (monthly_limit > 0),
  currency TEXT NOT NULL,
  -- `stopped`: until the payer turns it on again, for the reason.
  status TEXT NOT NULL DEFAULT 'on' CHECK (status IN ('on', 'off', 'stopped')),
  reason TEXT CHECK (reason IN ('declined', 'authentication_required', 'no_payment_method', 'price_gone')),
  -- How many payments were begun, ever: each has a number, by which Stripe knows it again.
  counter INTEGER NOT NULL DEFAULT 0,
  -- What was paid, or is being paid, in a month.
  month TEXT NOT NULL DEFAULT '',
  spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
  -- The payment that is under way: one at a time.
  pending_amount INTEGER,
  pending_credits INTEGER,
  pending_method TEXT,
  pending_since INTEGER,
  pending_tries INTEGER NOT NULL DEFAULT 0,
  -- How often the balance fell, or the setting changed: what comes meanwhile stays due.
  falls INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER,
  leased_until INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK (payer_id = coalesce(user_id, organization_id) AND (user_id IS NULL) <> (organization_id IS NULL)),
  CHECK ((pending_amount IS NULL) = (pending_since IS NULL)),
  CHECK (status = 'stopped' OR reason IS NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX top_ups_due ON top_ups (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX top_ups_by_user ON top_ups (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX top_ups_by_organization ON top_ups (organization_id) WHERE organization_id IS NOT NULL;
