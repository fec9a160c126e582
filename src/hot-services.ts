import type { AccountObject } from './account/contract.ts';
import type { CopyObject } from './account/copy-contract.ts';
import type { GrantObject } from './account/grant-contract.ts';
import type { KeyAct, KeyKeeper } from './account/key-contract.ts';
import { ApiKeys } from './api-keys/service.ts';
import { Authorizer } from './authorize/service.ts';
import { Challenges } from './challenges/service.ts';
import type { TurnstileSettings } from './challenges/turnstile.ts';
import { accessTokenSeconds, spokenDialects } from './compat/spoken.ts';
import type { Bindings, Config } from './config/config.ts';
import { CONTROL } from './config/databases.ts';
import { stubsById, stubsOf } from './config/stubs.ts';
import type { Environment } from './config/variable.ts';
import { Credits } from './credits/service.ts';
import { deriveKey, deriveKeyring } from './crypto/keys.ts';
import { Databases } from './db/databases.ts';
import { Standby, type StandbyObject } from './db/standby.ts';
import { Directory } from './directory/service.ts';
import { Hooks, sendingHooks } from './hooks/service.ts';
import { DpopProofs } from './http/dpop.ts';
import { FailureBudget } from './http/failure-budget.ts';
import type { RateLimiter } from './http/rate-limiter.ts';
import { Suspicions } from './http/suspicions.ts';
import { setLogLevel } from './lib/log.ts';
import { shipLogAs } from './logs/shipping.ts';
import { type MailBudget, mailBudget, type SmsBudget, smsBudget, type Take } from './messages/budgets.ts';
import { createMailProvider } from './messages/mail-registry.ts';
import { Outbox } from './messages/outbox.ts';
import { createTextProvider } from './messages/text-registry.ts';
import { MetricsReader } from './metrics/service.ts';
import { type MetricsObject, tellCounts } from './metrics/teller.ts';
import { OrganizationChanges } from './organizations/change-service.ts';
import { Organizations } from './organizations/service.ts';
import { Credentials, PasswordPolicy } from './passwords/service.ts';
import { Plans } from './plans/service.ts';
import { Profiles } from './profile/service.ts';
import { LOOPBACK_ORIGINS } from './realms/redirect-service.ts';
import { Realms } from './realms/service.ts';
import { AccessTokens } from './sessions/access-token.ts';
import { Sessions } from './sessions/service.ts';
import { SigningKeys } from './signing-keys/service.ts';
import { Subjects } from './signing-keys/subject-service.ts';
import type { AuditFeed } from './sinks/audit-job.ts';
import { type AuditStream, auditSinkOf } from './sinks/audit-stream.ts';
import { eventSenderOf } from './sinks/registry.ts';
import { takeFrom } from './stubs.ts';
import { Usage } from './usage/service.ts';
import type { OrganizationKeyAct, OrganizationMirror } from './wallet/contract.ts';
import { Payers } from './wallet/payers.ts';
import type { SpendingObject } from './wallet/spending-contract.ts';
import { resolveName } from './webhooks/address.ts';
import { Webhooks } from './webhooks/channel.ts';
import { parseWorkerConfig, type WorkerConfig } from './worker-config.ts';

/** Calls of a run on Workers Paid: there an invocation may make 1,000 statements, and 10,000 sub-requests. */
const PAID_CALLS = 1000;
const DELIVERIES_PER_CALL = 8;

/** What nearly all requests act through, and other Workers: an isolate that starts evaluates these. */
export interface HotServices {
  config: WorkerConfig;
  databases: Databases;
  /** The name of the database that these act on: that of the realms that live there. */
  database: string;
  d1: D1Database;
  /** Those of `DB`, where this is another database: its users are the owners. */
  home: HotServices | null;
  /** The same for another database, made when it is first asked for. Throws ConfigError for one that is not bound. */
  at(database: string): HotServices;
  realms: Realms;
  directory: Directory;
  profiles: Profiles;
  sessions: Sessions;
  credentials: Credentials;
  challenges: Challenges;
  suspicions: Suspicions;
  failures: FailureBudget;
  outbox: Outbox;
  signingKeys: SigningKeys;
  subjects: Subjects;
  apiKeys: ApiKeys;
  plans: Plans;
  usage: Usage;
  credits: Credits;
  authorizer: Authorizer;
  organizations: Organizations;
  organizationChanges: OrganizationChanges;
  /** Both from the start: who has nowhere to send the log to is to hear of it before anything is done. */
  auditFeed: AuditFeed;
  auditStream: AuditStream;
  /** What is counted in all isolates; null where nothing is. */
  metrics: MetricsReader | null;
  /** Of what the others are made. */
  parts: ReturnType<typeof partsOf>;
}

/** What all databases have in common. */
interface Shared {
  bindings: Bindings;
  config: WorkerConfig;
  databases: Databases;
  standby: Standby;
  realms: Realms;
  signingKeys: SigningKeys;
  metrics: MetricsReader | null;
  subjects: Subjects;
  /** Those of the databases that were asked for. */
  made: Map<string, HotServices>;
}

/** The composition root: bindings and variables to the services that an isolate starts with, on the database `DB`. Throws ConfigError. */
export function createHotServices(bindings: Bindings): HotServices {
  const config = parseWorkerConfig(bindings as unknown as Environment);
  setLogLevel(config.LOG_LEVEL);
  shipLogAs(config);
  const databases = new Databases(bindings, config.databases);
  const standby = new Standby(stubsOf<StandbyObject>(bindings.STANDBY));
  const realms = new Realms(
    databases.control,
    standby,
    config.ORIGIN,
    accessTokenSeconds(spokenDialects(config)),
    config.ENVIRONMENT === 'development' ? LOOPBACK_ORIGINS : [],
    // The operator of a Latchkey on somebody's own machine is named there, with a password that the page shows.
    config.ENVIRONMENT === 'development' ? 'optional' : 'required_for_admins',
  );
  const signingKeys = new SigningKeys(
    databases.control,
    standby,
    deriveKeyring(config, 'signing-keys'),
    config.SIGNING_KEY_ROTATION_DAYS,
  );
  const metrics = config.METRICS_ENABLED ? metricsOf(bindings, databases) : null;
  const subjects = new Subjects({
    d1: databases.control,
    standby,
    encryptionKeys: deriveKeyring(config, 'subjects'),
  });
  const made = new Map();
  const shared = { bindings, config, databases, standby, realms, signingKeys, metrics, subjects, made };
  return hotAt(shared, CONTROL);
}

function hotAt(shared: Shared, database: string): HotServices {
  const known = shared.made.get(database);
  if (known) return known;
  const services = assemble(shared, database);
  shared.made.set(database, services);
  return services;
}

/** What services are made of, that of one database. `home` are those of `DB`, where it is another. */
function partsOf(shared: Shared, database: string, home: HotServices | null) {
  const { bindings, config, databases, standby, realms, signingKeys, subjects } = shared;
  const d1 = databases.get(database);
  const objects = stubsById<AccountObject & GrantObject & CopyObject & KeyKeeper<KeyAct>>(
    bindings.ACCOUNT,
    config,
  );
  const wallets = stubsById<OrganizationMirror & SpendingObject & CopyObject & KeyKeeper<OrganizationKeyAct>>(
    bindings.ORGANIZATION,
    config,
  );
  const take = takeFrom(bindings);
  const messageBudgets = budgets(take, config);
  const texts = createTextProvider(config.texts, bindings);
  const receivers = {
    keys: deriveKeyring(config, 'webhooks'),
    mayBeLocal: config.ENVIRONMENT === 'development',
    resolve: resolveName,
    binding: (name: string) => boundWorker(bindings, name),
  };
  const asking = { ...receivers, plansOf: async (id: string) => (await plans.terms(id)).plans };
  const hooks = new Hooks(asking);
  const outbox = new Outbox({
    d1,
    webhooks: new Webhooks({ ...receivers, origin: config.ORIGIN }),
    hooks: sendingHooks(asking, realms),
    callForDelivery: bindings.DELIVERIES
      ? () => bindings.DELIVERIES?.send({ database }) as Promise<unknown>
      : null,
    deliveriesPerCall: config.JOB_CALLS >= PAID_CALLS ? DELIVERIES_PER_CALL : 1,
    mail: createMailProvider(config.mail, bindings),
    texts,
    from: config.mail.common.MAIL_FROM ?? `latchkey@${new URL(config.ORIGIN).hostname}`,
    origin: config.ORIGIN,
  });
  const directory = new Directory({ d1, database, objects, outbox, origin: config.ORIGIN });
  const apiKeys = new ApiKeys(
    d1,
    standby,
    config.INTERNAL_API_KEY,
    objects,
    directory,
    home?.directory ?? null,
  );
  const forAuthService = spokenDialects(config).includes('auth-service');
  const limiters = stubsOf<Pick<RateLimiter, 'once'>>(bindings.RATE_LIMITER);
  const proofs = new DpopProofs(deriveKeyring(config, 'dpop-nonce'), (name, id, seconds) =>
    limiters(name).once(id, seconds),
  );
  const sessions = new Sessions(
    objects,
    new AccessTokens(signingKeys, subjects, forAuthService),
    apiKeys,
    proofs,
    hooks,
  );
  const profiles = new Profiles(d1, directory);
  const plans = new Plans({ d1, home: home?.d1 ?? null, standby, directory, objects, config });
  const organizationChanges = new OrganizationChanges({ d1, database, mirrors: wallets, outbox });
  const payers = new Payers({
    directory,
    objects,
    wallets,
    askOrganization: (organization, call) => organizationChanges.ask(organization, call),
  });
  const credits = new Credits(payers, plans);
  const failures = new FailureBudget(stubsOf(bindings.RATE_LIMITER), {
    password: config.FAILED_PASSWORDS_PER_HOUR,
    code: config.FAILED_CODES_PER_HOUR,
  });
  const suspicions = new Suspicions();
  const deps = {
    d1,
    realms,
    sessions,
    directory,
    objects,
    outbox,
    ...messageBudgets,
    failures,
    passwordPolicy: new PasswordPolicy(breachesUrl(config)),
    suspicions,
    addressKeys: deriveKeyring(config, 'address'),
    linkKeys: deriveKeyring(config, 'registration-link'),
    hooks,
  };
  const organizationDeps = {
    d1,
    sessions,
    directory,
    mailBudget: deps.mailBudget,
    changes: organizationChanges,
  };
  return {
    bindings,
    standby,
    objects,
    wallets,
    take,
    texts,
    receivers,
    proofs,
    payers,
    profiles,
    plans,
    credits,
    apiKeys,
    deps,
    organizationDeps,
  };
}

function assemble(shared: Shared, database: string): HotServices {
  const { config, databases, realms, signingKeys, subjects, metrics } = shared;
  const home = database === CONTROL ? null : hotAt(shared, CONTROL);
  const parts = partsOf(shared, database, home);
  const { objects, wallets, take, payers, profiles, plans, credits, apiKeys, deps, organizationDeps } = parts;
  const { d1, sessions, directory, outbox, suspicions, failures } = deps;
  return {
    config,
    databases,
    database,
    at: (other) => hotAt(shared, other),
    d1,
    home,
    realms,
    signingKeys,
    subjects,
    sessions,
    directory,
    profiles,
    outbox,
    credentials: new Credentials({ ...deps, decoyKey: deriveKey(config.AUTH_SECRET, 'decoy') }),
    challenges: new Challenges({
      secret: deriveKey(config.AUTH_SECRET, 'challenge').toString('hex'),
      turnstile: turnstileOf(config),
      take,
    }),
    suspicions,
    failures,
    apiKeys,
    plans,
    usage: new Usage(payers, plans, config.RESERVATION_SECONDS),
    credits,
    organizations: new Organizations(organizationDeps),
    organizationChanges: organizationDeps.changes,
    authorizer: new Authorizer(sessions, plans, objects, wallets),
    auditFeed: { d1, sender: eventSenderOf(parts.bindings), source: config.ORIGIN },
    auditStream: { d1, sink: auditSinkOf(config, parts.bindings.AUDIT, database) },
    metrics,
    parts,
  };
}

/** A Worker that is bound for hooks: nothing that is bound for something else. */
function boundWorker(bindings: Bindings, name: string): Pick<Fetcher, 'fetch'> | null {
  const bound = /^HOOK_[A-Z0-9_]+$/.test(name) && (bindings as unknown as Environment)[name];
  return typeof (bound as Partial<Fetcher> | undefined)?.fetch === 'function' ? (bound as Fetcher) : null;
}

/** Where breached passwords are looked up. In development nobody is asked unless a variable says whom: it needs no network. */
function breachesUrl({ BREACHED_PASSWORDS_URL, ENVIRONMENT }: Config): string | null {
  return BREACHED_PASSWORDS_URL ?? (ENVIRONMENT === 'production' ? 'https://api.pwnedpasswords.com' : null);
}

/** Has this isolate tell what it counts, to the one object that keeps the sums. */
function metricsOf(bindings: Bindings, databases: Databases): MetricsReader {
  const object = () => stubsOf<MetricsObject>(bindings.METRICS)('all');
  tellCounts(object);
  return new MetricsReader(object, databases);
}

function turnstileOf(config: Config): TurnstileSettings | null {
  const { TURNSTILE_SECRET_KEY: secretKey, TURNSTILE_SITE_KEY: siteKey, TURNSTILE_URL: url } = config;
  return secretKey && siteKey ? { url, siteKey, secretKey } : null;
}

function budgets(take: Take, config: Config): { mailBudget: MailBudget; smsBudget: SmsBudget } {
  const limits = {
    mailsPerClient: config.MAILS_PER_CLIENT,
    mailsPerAccount: config.MAILS_PER_ACCOUNT,
    textsPerClient: config.SMS_PER_CLIENT,
    textsPerAccount: config.SMS_PER_ACCOUNT,
    textsPerBlock: config.SMS_PER_PREFIX,
    textsPerRealm: config.SMS_PER_REALM,
  };
  return { mailBudget: mailBudget(take, limits), smsBudget: smsBudget(take, limits) };
}
