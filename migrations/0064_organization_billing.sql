-- Organizations pay as users do: a customer at Stripe of each, subscriptions, what was taken back, and by what invoices were read. The
-- columns are those of the tables of users, but for whose a row is.

CREATE TABLE organization_customers (
  organization_id TEXT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  customer_id TEXT NOT NULL UNIQUE,
  -- What the subscriptions gave last. The organization's own plan is only changed when this does, so that what an admin set stays.
  plan TEXT,
  plan_expires_at INTEGER,
  -- Somebody is changing the subscription until then.
  busy_until INTEGER NOT NULL DEFAULT 0,
  address_due INTEGER,
  address_attempts INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX organization_customers_by_address_due ON organization_customers (address_due) WHERE address_due IS NOT NULL;

-- What follows the number of members: `members` at Stripe, `paid` here. Of users it means nothing.
ALTER TABLE billing_prices ADD COLUMN seats TEXT CHECK (seats IN ('members', 'paid'));
ALTER TABLE billing_subscriptions ADD COLUMN quantity INTEGER NOT NULL DEFAULT 1;
ALTER TABLE billing_subscriptions ADD COLUMN seats TEXT;

CREATE TABLE organization_subscriptions (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  price_id TEXT NOT NULL,
  plan TEXT NOT NULL,
  amount INTEGER,
  currency TEXT,
  months REAL CHECK (months > 0),
  quantity INTEGER NOT NULL DEFAULT 1,
  seats TEXT,
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

CREATE INDEX organization_subscriptions_by_organization ON organization_subscriptions (organization_id, created_at);
CREATE INDEX organization_subscriptions_by_age ON organization_subscriptions (fetched_at)
WHERE status NOT IN ('canceled', 'incomplete_expired');

CREATE TABLE organization_reversals (
  reference TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  credits INTEGER NOT NULL,
  taken INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX organization_reversals_by_organization ON organization_reversals (organization_id);
CREATE INDEX organization_shortfalls ON organization_reversals (realm_id, updated_at) WHERE credits > taken;

CREATE TABLE organization_invoice_rates (
  invoice_id TEXT NOT NULL,
  price_id TEXT NOT NULL,
  organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  monthly_credits INTEGER NOT NULL,
  months REAL NOT NULL,
  unit_amount INTEGER,
  currency TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (invoice_id, price_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX organization_invoice_rates_by_organization ON organization_invoice_rates (organization_id);

-- However an organization goes, its customer goes too; one whose row is copied elsewhere has not left.
CREATE TRIGGER organization_customer_left AFTER DELETE ON organization_customers
WHEN NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = OLD.realm_id AND copying = 1) BEGIN
  INSERT OR IGNORE INTO billing_erasures (customer_id) VALUES (OLD.customer_id);
END;

-- While it is known whose they are.
CREATE TRIGGER organizations_subscriptions_first BEFORE DELETE ON organizations BEGIN
  DELETE FROM organization_subscriptions WHERE organization_id = OLD.id;
END;

-- What subscriptions bring, as with those of users.
CREATE TRIGGER organization_subscriptions_added AFTER INSERT ON organization_subscriptions
WHEN NEW.status IN ('active', 'trialing', 'past_due') AND NEW.currency IS NOT NULL AND NEW.months IS NOT NULL BEGIN
  INSERT INTO plan_revenue
  SELECT realm_id, NEW.plan, NEW.currency, NEW.months, 1, coalesce(NEW.amount, 0) FROM organizations WHERE id = NEW.organization_id
  ON CONFLICT (realm_id, plan, currency, months)
  DO UPDATE SET subscriptions = subscriptions + 1, amount = amount + excluded.amount;
END;

CREATE TRIGGER organization_subscriptions_changed AFTER UPDATE ON organization_subscriptions
WHEN (OLD.plan, OLD.status, OLD.amount, OLD.currency, OLD.months)
  IS NOT (NEW.plan, NEW.status, NEW.amount, NEW.currency, NEW.months) BEGIN
  UPDATE plan_revenue SET subscriptions = subscriptions - 1, amount = amount - coalesce(OLD.amount, 0)
  WHERE OLD.status IN ('active', 'trialing', 'past_due') AND plan = OLD.plan AND currency = OLD.currency
    AND months = OLD.months AND realm_id = (SELECT realm_id FROM organizations WHERE id = OLD.organization_id);
  INSERT INTO plan_revenue
  SELECT realm_id, NEW.plan, NEW.currency, NEW.months, 1, coalesce(NEW.amount, 0) FROM organizations
  WHERE id = NEW.organization_id AND NEW.status IN ('active', 'trialing', 'past_due') AND NEW.currency IS NOT NULL
    AND NEW.months IS NOT NULL
  ON CONFLICT (realm_id, plan, currency, months)
  DO UPDATE SET subscriptions = subscriptions + 1, amount = amount + excluded.amount;
END;

CREATE TRIGGER organization_subscriptions_removed AFTER DELETE ON organization_subscriptions
WHEN OLD.status IN ('active', 'trialing', 'past_due') BEGIN
  UPDATE plan_revenue SET subscriptions = subscriptions - 1, amount = amount - coalesce(OLD.amount, 0)
  WHERE plan = OLD.plan AND currency = OLD.currency AND months = OLD.months
    AND realm_id = (SELECT realm_id FROM organizations WHERE id = OLD.organization_id);
END;

-- Where Stripe writes to about paying; null for the address of the owner who has been in it longest.
ALTER TABLE organizations ADD COLUMN billing_email TEXT;
-- How many seats a subscription pays for, where that is a limit; beside the limit that operators set.
ALTER TABLE organizations ADD COLUMN paid_seats INTEGER CHECK (paid_seats > 0);

-- However that address changes, Stripe hears of it.
CREATE TRIGGER organization_billing_address_changed AFTER UPDATE OF billing_email ON organizations
WHEN OLD.billing_email IS NOT NEW.billing_email AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = NEW.realm_id AND copying = 1) BEGIN
  UPDATE organization_customers SET address_due = 0, address_attempts = 0 WHERE organization_id = NEW.id;
END;

CREATE TRIGGER organization_owner_address_changed AFTER UPDATE OF email ON users
WHEN OLD.email <> NEW.email AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = NEW.realm_id AND copying = 1) BEGIN
  UPDATE organization_customers SET address_due = 0, address_attempts = 0
  WHERE organization_id IN (SELECT organization_id FROM organization_members WHERE user_id = NEW.id AND role = 'owner');
END;

CREATE TRIGGER organization_owner_changed AFTER UPDATE OF role ON organization_members
WHEN OLD.role <> NEW.role AND (OLD.role = 'owner' OR NEW.role = 'owner')
  AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = NEW.realm_id AND copying = 1) BEGIN
  UPDATE organization_customers SET address_due = 0, address_attempts = 0 WHERE organization_id = NEW.organization_id;
END;

CREATE TRIGGER organization_owner_left AFTER DELETE ON organization_members
WHEN OLD.role = 'owner' AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = OLD.realm_id AND copying = 1) BEGIN
  UPDATE organization_customers SET address_due = 0, address_attempts = 0 WHERE organization_id = OLD.organization_id;
END;

-- Organizations of which Stripe has to be told how many members there are; `times` tells of one that has changed again meanwhile.
CREATE TABLE seat_changes (
  organization_id TEXT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
  realm_id TEXT NOT NULL,
  times INTEGER NOT NULL DEFAULT 1,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX seat_changes_due ON seat_changes (next_attempt_at);

CREATE TRIGGER organization_seat_taken AFTER INSERT ON organization_members
WHEN EXISTS (SELECT 1 FROM organization_subscriptions WHERE organization_id = NEW.organization_id AND seats = 'members'
  AND status NOT IN ('canceled', 'incomplete_expired'))
  AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = NEW.realm_id AND copying = 1)
BEGIN
  INSERT INTO seat_changes (organization_id, realm_id) VALUES (NEW.organization_id, NEW.realm_id)
  ON CONFLICT DO UPDATE SET times = times + 1, attempts = 0, next_attempt_at = 0;
END;

CREATE TRIGGER organization_seat_left AFTER DELETE ON organization_members
WHEN EXISTS (SELECT 1 FROM organization_subscriptions WHERE organization_id = OLD.organization_id AND seats = 'members'
  AND status NOT IN ('canceled', 'incomplete_expired')) AND EXISTS (SELECT 1 FROM organizations WHERE id = OLD.organization_id)
  AND NOT EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = OLD.realm_id AND copying = 1)
BEGIN
  INSERT INTO seat_changes (organization_id, realm_id) VALUES (OLD.organization_id, OLD.realm_id)
  ON CONFLICT DO UPDATE SET times = times + 1, attempts = 0, next_attempt_at = 0;
END;

-- Whatever else makes the numbers differ: somebody joined while the checkout was open, or another number was set at Stripe.
CREATE TRIGGER organization_seats_begun AFTER INSERT ON organization_subscriptions
WHEN NEW.seats = 'members' AND NEW.status NOT IN ('canceled', 'incomplete_expired')
  AND NEW.quantity <> (SELECT count(*) FROM organization_members WHERE organization_id = NEW.organization_id)
  AND NOT EXISTS (SELECT 1 FROM organizations JOIN realm_guards ON realm_guards.realm_id = organizations.realm_id
    WHERE id = NEW.organization_id AND copying = 1)
BEGIN
  INSERT INTO seat_changes (organization_id, realm_id) SELECT id, realm_id FROM organizations WHERE id = NEW.organization_id
  ON CONFLICT DO UPDATE SET times = times + 1, attempts = 0, next_attempt_at = 0;
END;

CREATE TRIGGER organization_seats_changed AFTER UPDATE OF quantity, seats, status ON organization_subscriptions
WHEN NEW.seats = 'members' AND NEW.status NOT IN ('canceled', 'incomplete_expired')
  AND (OLD.quantity, OLD.seats, OLD.status) IS NOT (NEW.quantity, NEW.seats, NEW.status)
  AND NEW.quantity <> (SELECT count(*) FROM organization_members WHERE organization_id = NEW.organization_id)
  AND NOT EXISTS (SELECT 1 FROM organizations JOIN realm_guards ON realm_guards.realm_id = organizations.realm_id
    WHERE id = NEW.organization_id AND copying = 1)
BEGIN
  INSERT INTO seat_changes (organization_id, realm_id) SELECT id, realm_id FROM organizations WHERE id = NEW.organization_id
  ON CONFLICT DO UPDATE SET times = times + 1, attempts = 0, next_attempt_at = 0;
END;
