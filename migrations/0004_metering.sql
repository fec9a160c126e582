-- A realm without plans of its own has those of the realm `default`.
CREATE TABLE plans (
  realm_id TEXT NOT NULL REFERENCES realms (id),
  id TEXT NOT NULL CHECK (id GLOB '[a-z0-9]*' AND length(id) <= 40),
  name TEXT NOT NULL,
  -- By resource: { "day": 20, "month": null }; null is unlimited, a resource that is missing the plan does not have.
  limits TEXT NOT NULL CHECK (json_type(limits) = 'object'),
  -- Tiers of models that the plan may use; `*` for all.
  model_tiers TEXT NOT NULL CHECK (json_type(model_tiers) = 'array'),
  monthly_credits INTEGER NOT NULL DEFAULT 0 CHECK (monthly_credits >= 0),
  features TEXT NOT NULL DEFAULT '[]' CHECK (json_type(features) = 'array'),
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (realm_id, id)
) STRICT, WITHOUT ROWID;

INSERT INTO plans (realm_id, id, name, limits, model_tiers, monthly_credits, features, updated_at) VALUES
  ('default', 'free', 'Free',
    '{"images":{"day":20},"videos":{"day":5},"messages":{"day":100},"tokens":{"month":100000}}',
    '["standard"]', 0, '[]', unixepoch() * 1000),
  ('default', 'pro', 'Pro',
    '{"images":{"day":200},"videos":{"day":50},"messages":{"day":1000},"tokens":{"month":5000000}}',
    '["standard","premium"]', 1000, '["priority_support"]', unixepoch() * 1000),
  ('default', 'enterprise', 'Enterprise',
    '{"images":{"day":null},"videos":{"day":null},"messages":{"day":null},"tokens":{"month":null}}',
    '["*"]', 10000, '["priority_support","dedicated_resources","custom_quotas","sla"]', unixepoch() * 1000);

-- After this moment the plan is `free`, whether the directory says so already or not.
ALTER TABLE users ADD COLUMN plan_expires_at INTEGER;
-- Of this user alone: replaces the plan's limits of the resources that it names.
ALTER TABLE users ADD COLUMN custom_limits TEXT NOT NULL DEFAULT '{}' CHECK (json_type(custom_limits) = 'object');
-- The month (YYYY-MM) whose grant of credits the account object has given last.
ALTER TABLE users ADD COLUMN granted_month TEXT NOT NULL DEFAULT '';

CREATE INDEX users_by_plan_expiry ON users (plan_expires_at) WHERE plan_expires_at IS NOT NULL;
CREATE INDEX users_by_grant ON users (realm_id, plan, granted_month);

-- Who did it, when it was not the user: the id of an API key or of an admin, or `system`; and what there is to tell.
ALTER TABLE activity ADD COLUMN actor TEXT;
ALTER TABLE activity ADD COLUMN details TEXT CHECK (details IS NULL OR json_type(details) = 'object');

-- Projected from the account objects. `seq` is that of the fact a row comes from; roll-ups hold the whole of a day or
-- month, not what is added to it, so that an older fact, or the same one again, changes nothing.

CREATE TABLE usage_events (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  resource TEXT NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  reference TEXT,
  PRIMARY KEY (user_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_events_by_age ON usage_events (at);

CREATE TABLE usage_daily (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  date TEXT NOT NULL,
  resource TEXT NOT NULL,
  realm_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  PRIMARY KEY (user_id, date, resource)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_daily_by_date ON usage_daily (date, realm_id, resource, quantity);

CREATE TABLE usage_monthly (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  month TEXT NOT NULL,
  resource TEXT NOT NULL,
  realm_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  PRIMARY KEY (user_id, month, resource)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_monthly_by_quantity ON usage_monthly (realm_id, month, resource, quantity);

CREATE TABLE token_events (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  model TEXT NOT NULL,
  input_tokens INTEGER NOT NULL CHECK (input_tokens >= 0),
  output_tokens INTEGER NOT NULL CHECK (output_tokens >= 0),
  request_id TEXT,
  PRIMARY KEY (user_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX token_events_by_age ON token_events (at);

CREATE TABLE token_daily (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  date TEXT NOT NULL,
  model TEXT NOT NULL,
  realm_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (user_id, date, model)
) STRICT, WITHOUT ROWID;

CREATE INDEX token_daily_by_date ON token_daily (date, realm_id, model, input_tokens, output_tokens, requests);

-- What a realm has used. Without a foreign key to users: sums outlive accounts. The triggers keep them in the very
-- batch that changes what they sum; the Cron Trigger checks them.

CREATE TABLE realm_usage_daily (
  realm_id TEXT NOT NULL,
  date TEXT NOT NULL,
  resource TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  PRIMARY KEY (realm_id, date, resource)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER usage_daily_added AFTER INSERT ON usage_daily BEGIN
  INSERT INTO realm_usage_daily VALUES (NEW.realm_id, NEW.date, NEW.resource, NEW.quantity)
  ON CONFLICT (realm_id, date, resource) DO UPDATE SET quantity = quantity + excluded.quantity;
END;

CREATE TRIGGER usage_daily_raised AFTER UPDATE OF quantity ON usage_daily BEGIN
  UPDATE realm_usage_daily SET quantity = quantity + NEW.quantity - OLD.quantity
  WHERE realm_id = NEW.realm_id AND date = NEW.date AND resource = NEW.resource;
END;

CREATE TABLE realm_token_daily (
  realm_id TEXT NOT NULL,
  date TEXT NOT NULL,
  model TEXT NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (realm_id, date, model)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER token_daily_added AFTER INSERT ON token_daily BEGIN
  INSERT INTO realm_token_daily
  VALUES (NEW.realm_id, NEW.date, NEW.model, NEW.input_tokens, NEW.output_tokens, NEW.requests)
  ON CONFLICT (realm_id, date, model) DO UPDATE SET input_tokens = input_tokens + excluded.input_tokens,
    output_tokens = output_tokens + excluded.output_tokens, requests = requests + excluded.requests;
END;

CREATE TRIGGER token_daily_raised AFTER UPDATE OF requests ON token_daily BEGIN
  UPDATE realm_token_daily SET input_tokens = input_tokens + NEW.input_tokens - OLD.input_tokens,
    output_tokens = output_tokens + NEW.output_tokens - OLD.output_tokens,
    requests = requests + NEW.requests - OLD.requests
  WHERE realm_id = NEW.realm_id AND date = NEW.date AND model = NEW.model;
END;

-- The ledger as the account object keeps it; `seq` is the ledger's own.
CREATE TABLE credit_transactions (
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
  PRIMARY KEY (user_id, seq),
  UNIQUE (user_id, reference)
) STRICT, WITHOUT ROWID;

CREATE INDEX credit_transactions_by_realm ON credit_transactions (realm_id, created_at);
