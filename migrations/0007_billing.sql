-- The plan comes from a subscription, whose invoices bring its credits; otherwise the plan itself brings them monthly.
ALTER TABLE users ADD COLUMN subscribed INTEGER NOT NULL DEFAULT 0 CHECK (subscribed IN (0, 1));

-- What the prices of Stripe stand for: a plan, or a pack of credits. A realm without prices of its own has those of the
-- realm `default`.
CREATE TABLE billing_prices (
  realm_id TEXT NOT NULL REFERENCES realms (id),
  price_id TEXT NOT NULL,
  plan TEXT,
  credits INTEGER CHECK (credits > 0),
  -- As Stripe says, for showing; the smallest unit of the currency. Null where it depends.
  unit_amount INTEGER,
  currency TEXT NOT NULL,
  -- How often a plan is paid: every so many months; shorter periods are parts of one.
  months REAL CHECK (months > 0),
  position INTEGER NOT NULL,
  PRIMARY KEY (realm_id, price_id),
  CHECK ((plan IS NULL) <> (credits IS NULL)),
  CHECK ((plan IS NULL) = (months IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE billing_customers (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  customer_id TEXT NOT NULL UNIQUE,
  -- What the subscriptions gave last. The user's own plan is only changed when this does, so that what an admin set stays.
  plan TEXT,
  plan_expires_at INTEGER,
  -- Somebody is changing the subscription until then.
  busy_until INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE billing_subscriptions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  price_id TEXT NOT NULL,
  plan TEXT NOT NULL,
  status TEXT NOT NULL,
  period_start INTEGER NOT NULL,
  period_end INTEGER NOT NULL,
  cancel_at_period_end INTEGER NOT NULL CHECK (cancel_at_period_end IN (0, 1)),
  cancel_at INTEGER,
  trial_end INTEGER,
  -- Until when it gives its plan; null when it gives none.
  holds_until INTEGER,
  -- Raised by each write, which names the one it expects: what was fetched before a write never replaces it.
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  fetched_at INTEGER NOT NULL
) STRICT;

CREATE INDEX billing_subscriptions_by_user ON billing_subscriptions (user_id, created_at);
CREATE INDEX billing_subscriptions_by_age ON billing_subscriptions (fetched_at)
WHERE status NOT IN ('canceled', 'incomplete_expired');

-- What Stripe has told, written down before anything is done about it. Never the body: it has addresses and names.
CREATE TABLE billing_events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  -- The id of what it is about, which is fetched when the event is handled.
  subject TEXT NOT NULL,
  customer_id TEXT,
  realm_id TEXT,
  status TEXT NOT NULL DEFAULT 'received' CHECK (status IN ('received', 'done', 'ignored', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  leased_until INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  last_error TEXT,
  created_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  settled_at INTEGER
) STRICT;

CREATE INDEX billing_events_due ON billing_events (next_attempt_at) WHERE status IN ('received', 'failed');
CREATE INDEX billing_events_by_realm ON billing_events (realm_id, seq);
CREATE INDEX billing_events_by_age ON billing_events (received_at);

-- Credits whose payment was lost again: how many should be gone, and how many of them were there to be taken. As the
-- account objects keep it.
CREATE TABLE billing_reversals (
  reference TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  credits INTEGER NOT NULL,
  taken INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX billing_reversals_by_user ON billing_reversals (user_id);
CREATE INDEX billing_shortfalls ON billing_reversals (realm_id, updated_at) WHERE credits > taken;

-- Customers to be deleted at Stripe, which ends their subscriptions.
CREATE TABLE billing_erasures (
  customer_id TEXT PRIMARY KEY,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL DEFAULT 0,
  last_error TEXT
) STRICT, WITHOUT ROWID;

-- However a user goes, their customer goes too.
CREATE TRIGGER billing_customer_left AFTER DELETE ON billing_customers BEGIN
  INSERT OR IGNORE INTO billing_erasures (customer_id) VALUES (OLD.customer_id);
END;

-- How far the events of Stripe have been compared with those received.
CREATE TABLE billing_progress (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  events_until INTEGER NOT NULL
) STRICT;
