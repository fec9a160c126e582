-- What is paid for each period, and how many months that has, as Stripe said last: the price may be off the list, or be
-- another by now. The amount, in the smallest unit of the currency, is null where it depends.
ALTER TABLE billing_subscriptions ADD COLUMN amount INTEGER;
ALTER TABLE billing_subscriptions ADD COLUMN currency TEXT;
ALTER TABLE billing_subscriptions ADD COLUMN months REAL CHECK (months > 0);

UPDATE billing_subscriptions SET (amount, currency, months) = (
  SELECT unit_amount, currency, months FROM billing_prices
  WHERE price_id = billing_subscriptions.price_id AND months IS NOT NULL
);

-- What subscriptions bring that are not over. Kept by triggers; how much of it a month has is left to who reads it.
CREATE TABLE plan_revenue (
  realm_id TEXT NOT NULL,
  plan TEXT NOT NULL,
  currency TEXT NOT NULL,
  -- How often the amount is paid: every so many months.
  months REAL NOT NULL,
  subscriptions INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (realm_id, plan, currency, months)
) STRICT, WITHOUT ROWID;

INSERT INTO plan_revenue
SELECT realm_id, billing_subscriptions.plan, currency, months, count(*), coalesce(sum(amount), 0)
FROM billing_subscriptions JOIN users ON users.id = user_id
WHERE billing_subscriptions.status IN ('active', 'trialing', 'past_due') AND currency IS NOT NULL AND months IS NOT NULL
GROUP BY realm_id, billing_subscriptions.plan, currency, months;

CREATE TRIGGER subscriptions_added AFTER INSERT ON billing_subscriptions
WHEN NEW.status IN ('active', 'trialing', 'past_due') AND NEW.currency IS NOT NULL AND NEW.months IS NOT NULL BEGIN
  INSERT INTO plan_revenue
  SELECT realm_id, NEW.plan, NEW.currency, NEW.months, 1, coalesce(NEW.amount, 0) FROM users WHERE id = NEW.user_id
  ON CONFLICT (realm_id, plan, currency, months)
  DO UPDATE SET subscriptions = subscriptions + 1, amount = amount + excluded.amount;
END;

CREATE TRIGGER subscriptions_changed AFTER UPDATE ON billing_subscriptions
WHEN (OLD.plan, OLD.status, OLD.amount, OLD.currency, OLD.months)
  IS NOT (NEW.plan, NEW.status, NEW.amount, NEW.currency, NEW.months) BEGIN
  UPDATE plan_revenue SET subscriptions = subscriptions - 1, amount = amount - coalesce(OLD.amount, 0)
  WHERE OLD.status IN ('active', 'trialing', 'past_due') AND plan = OLD.plan AND currency = OLD.currency
    AND months = OLD.months AND realm_id = (SELECT realm_id FROM users WHERE id = OLD.user_id);
  INSERT INTO plan_revenue
  SELECT realm_id, NEW.plan, NEW.currency, NEW.months, 1, coalesce(NEW.amount, 0) FROM users
  WHERE id = NEW.user_id AND NEW.status IN ('active', 'trialing', 'past_due') AND NEW.currency IS NOT NULL
    AND NEW.months IS NOT NULL
  ON CONFLICT (realm_id, plan, currency, months)
  DO UPDATE SET subscriptions = subscriptions + 1, amount = amount + excluded.amount;
END;

CREATE TRIGGER subscriptions_removed AFTER DELETE ON billing_subscriptions
WHEN OLD.status IN ('active', 'trialing', 'past_due') BEGIN
  UPDATE plan_revenue SET subscriptions = subscriptions - 1, amount = amount - coalesce(OLD.amount, 0)
  WHERE plan = OLD.plan AND currency = OLD.currency AND months = OLD.months
    AND realm_id = (SELECT realm_id FROM users WHERE id = OLD.user_id);
END;

-- While it is known whose they are.
CREATE TRIGGER users_subscriptions_first BEFORE DELETE ON users BEGIN
  DELETE FROM billing_subscriptions WHERE user_id = OLD.id;
END;
