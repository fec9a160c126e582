import type { AccountObject } from './account/contract.ts';
import type { CopyObject } from './account/copy-contract.ts';
import type { GrantObject } from './account/grant-contract.ts';
import type { KeyAct, KeyKeeper } from './account/key-contract.ts';
import { type Admin, createAdmin } from './admin/service.ts';
import { AnonymousUsers } from './anonymous/service.ts';
import { ApiKeys } from './api-keys/service.ts';
import type { DeviceCodeObject } from './authorization-server/device-contract.ts';
import type { AuthorizationServerParts } from './authorization-server/service.ts';
import { Authorizer } from './authorize/service.ts';
import { Backup } from './backup/service.ts';
import { BillingAdmin } from './billing/admin-service.ts';
import { BillingKit } from './billing/parts.ts';
import { Revenue } from './billing/revenue-service.ts';
import { Billing } from './billing/service.ts';
import { Challenges } from './challenges/service.ts';
import type { TurnstileSettings } from './challenges/turnstile.ts';
import type { CodeObject, CodeObjects } from './codes/contract.ts';
import { SignInLinks } from './codes/link-service.ts';
import { OneTimeCodes } from './codes/service.ts';
import { accessTokenSeconds, spokenDialects } from './compat/dialects.ts';
import type { Bindings, Config } from './config/config.ts';
import { CONTROL } from './config/databases.ts';
import { stubsById, stubsOf, stubsWithin } from './config/stubs.ts';
import type { Environment } from './config/variable.ts';
import { Credits } from './credits/service.ts';
import { deriveKey, deriveKeyring } from './crypto/keys.ts';
import { Databases } from './db/databases.ts';
import { Standby, type StandbyObject } from './db/standby.ts';
import { Directory } from './directory/service.ts';
import { Factors } from './factors/service.ts';
import { HookAdmin } from './hooks/admin-service.ts';
import { Hooks, sendingHooks } from './hooks/service.ts';
import { DpopProofs } from './http/dpop.ts';
import { FailureBudget } from './http/failure-budget.ts';
import type { RateLimiter } from './http/rate-limiter.ts';
import { Suspicions } from './http/suspicions.ts';
import { PictureStore } from './images/picture-store.ts';
import { OrganizationImport } from './import/organization-service.ts';
import { UserImport } from './import/service.ts';
import { isOrganizationId } from './lib/jurisdiction.ts';
import { setLogLevel } from './lib/log.ts';
import { shipLogAs } from './logs/shipping.ts';
import { type MailBudget, mailBudget, type SmsBudget, smsBudget, type Take } from './messages/budgets.ts';
import { createMailProvider } from './messages/mail-registry.ts';
import { Outbox } from './messages/outbox.ts';
import { createTextProvider } from './messages/text-registry.ts';
import { MetricsReader } from './metrics/service.ts';
import { type MetricsObject, tellCounts } from './metrics/teller.ts';
import { AuthorizationCodes } from './oauth/code-service.ts';
import { Identities } from './oauth/identity-service.ts';
import { AccountLinks } from './oauth/link-service.ts';
import { Providers } from './oauth/registry.ts';
import { OAuth } from './oauth/service.ts';
import { TokenVault } from './oauth/token-vault-service.ts';
import { OrganizationAdmin } from './organizations/admin-service.ts';
import { OrganizationChanges } from './organizations/change-service.ts';
import { Domains, resolveText } from './organizations/domain-service.ts';
import { Invitations } from './organizations/invitation-service.ts';
import { OrganizationKeys } from './organizations/key-service.ts';
import { Organizations } from './organizations/service.ts';
import { OrganizationSpending } from './organizations/spending-service.ts';
import { PasskeyFlows } from './passkeys/flow.ts';
import { PasskeyRegistrations } from './passkeys/registration-service.ts';
import { Passkeys } from './passkeys/service.ts';
import { PasswordResets } from './passwords/reset-service.ts';
import { Credentials, describeHash, PasswordPolicy } from './passwords/service.ts';
import { PlanAdmin } from './plans/admin-service.ts';
import { PlanJobs } from './plans/jobs.ts';
import { Plans } from './plans/service.ts';
import { Privacy } from './privacy/service.ts';
import { UserKeyAdmin } from './product-keys/admin-service.ts';
import { UserKeys } from './product-keys/service.ts';
import { Avatars } from './profile/avatar-service.ts';
import { AccountOverviews } from './profile/overview-service.ts';
import { Profiles } from './profile/service.ts';
import { LOOPBACK_ORIGINS } from './realms/redirect-service.ts';
import { Realms } from './realms/service.ts';
import { Reauthentication } from './reauthentication/service.ts';
import { SecretAdmin } from './secrets/admin-service.ts';
import { AccessTokens } from './sessions/access-token.ts';
import { Sessions } from './sessions/service.ts';
import { SigningKeys } from './signing-keys/service.ts';
import { Subjects } from './signing-keys/subject-service.ts';
import type { AuditFeed } from './sinks/audit-job.ts';
import { type AuditStream, auditSinkOf } from './sinks/audit-stream.ts';
import { eventSenderOf } from './sinks/registry.ts';
import { takeFrom } from './stubs.ts';
import { UsageAnalytics } from './usage/analytics-service.ts';
import { Usage } from './usage/service.ts';
import { Spending } from './usage/spending-service.ts';
import { EmailVerification } from './verification/service.ts';
import type { OrganizationKeyAct, OrganizationMirror } from './wallet/contract.ts';
import { Payers } from './wallet/payers.ts';
import type { SpendingObject } from './wallet/spending-contract.ts';
import { resolveName } from './webhooks/address.ts';
import { Webhooks } from './webhooks/channel.ts';
import type { DeliveryCall } from './webhooks/queue.ts';
import { WebhookEndpoints } from './webhooks/service.ts';
import { parseWorkerConfig, type WorkerConfig } from './worker-config.ts';

/** Calls of a run on Workers Paid: there an invocation may make 1,000 statements, and 10,000 sub-requests. */
const PAID_CALLS = 1000;
const DELIVERIES_PER_CALL = 8;

/** Everything the routes and the cron jobs act through. */
export interface Services {
  config: WorkerConfig;
  databases: Databases;
  /** The name of the database that these act on: that of the realms that live there. */
  database: string;
  d1: D1Database;
  /** Those of `DB`, where this is another database: its users are the owners. */
  home: Services | null;
  /** The same for another database, made when it is first asked for. Throws ConfigError for one that is not bound. */
  at(database: string): Services;
  realms: Realms;
  directory: Directory;
  profiles: Profiles;
  avatars: Avatars;
  pictures: PictureStore;
  overview: AccountOverviews;
  sessions: Sessions;
  credentials: Credentials;
  anonymous: AnonymousUsers;
  resets: PasswordResets;
  emails: EmailVerification;
  challenges: Challenges;
  suspicions: Suspicions;
  failures: FailureBudget;
  codes: OneTimeCodes;
  links: SignInLinks;
  passkeys: Passkeys;
  passkeyRegistrations: PasskeyRegistrations;
  factors: Factors;
  oauth: OAuth;
  identities: Identities;
  vault: TokenVault;
  accountLinks: AccountLinks;
  authorizationCodes: AuthorizationCodes;
  reauthentication: Reauthentication;
  privacy: Privacy;
  outbox: Outbox;
  /** By which events are delivered at once; null where the cron alone delivers. */
  deliveries: Queue<DeliveryCall> | null;
  webhooks: WebhookEndpoints;
  hooks: HookAdmin;
  signingKeys: SigningKeys;
  subjects: Subjects;
  secretAdmin: SecretAdmin;
  backup: Backup;
  apiKeys: ApiKeys;
  billingKit: BillingKit;
  billing: Billing;
  billingAdmin: BillingAdmin;
  userImport: UserImport;
  organizationImport: OrganizationImport;
  plans: Plans;
  planAdmin: PlanAdmin;
  planJobs: PlanJobs;
  analytics: UsageAnalytics;
  usage: Usage;
  credits: Credits;
  authorizer: Authorizer;
  userKeys: UserKeys;
  /** Those keys as operators handle them. */
  userKeyAdmin: UserKeyAdmin;
  organizations: Organizations;
  spending: OrganizationSpending;
  spendingCaps: Spending;
  organizationKeys: OrganizationKeys;
  organizationChanges: OrganizationChanges;
  invitations: Invitations;
  domains: Domains;
  organizationAdmin: OrganizationAdmin;
  admin: Admin;
  auditFeed: AuditFeed;
  auditStream: AuditStream;
  /** What is counted in all isolates; null where nothing is. */
  metrics: MetricsReader | null;
  /** Of what the authorization server is made, by the first request for it. */
  authorizationServer: AuthorizationServerParts;
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
  made: Map<string, Services>;
}

/** The composition root: bindings and variables to services, on the database `DB`. Throws ConfigError. */
export function createServices(bindings: Bindings): Services {
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
  return servicesAt(shared, CONTROL);
}

function servicesAt(shared: Shared, database: string): Services {
  const known = shared.made.get(database);
  if (known) return known;
  const services = assemble(shared, database);
  shared.made.set(database, services);
  return services;
}

function assemble(shared: Shared, database: string): Services {
  const { bindings, config, databases, standby, realms, signingKeys, subjects } = shared;
  const d1 = databases.get(database);
  const pictures = new PictureStore(bindings.AVATARS, config.ORIGIN);
  /** The database with the realm `default`, where it is another. */
  const home = database === CONTROL ? null : databases.control;
  const objects = stubsById<AccountObject & GrantObject & CopyObject & KeyKeeper<KeyAct>>(
    bindings.ACCOUNT,
    config,
  );
  const wallets = stubsById<OrganizationMirror & SpendingObject & CopyObject & KeyKeeper<OrganizationKeyAct>>(
    bindings.ORGANIZATION,
    config,
  );
  const codeObjects = stubsWithin<CodeObject>(bindings.ONE_TIME_CODE, config);
  const deviceCodes = stubsWithin<DeviceCodeObject>(bindings.DEVICE_CODE, config);
  /** That of a user or of an organization, by the id. */
  const objectOf = (id: string) => (isOrganizationId(id) ? wallets(id) : objects(id));
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
    home && servicesAt(shared, CONTROL).directory,
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
  const plans = new Plans({ d1, home, standby, directory, objects, config });
  const organizationChanges = new OrganizationChanges({ d1, database, mirrors: wallets, outbox });
  const payers = new Payers({
    directory,
    objects,
    wallets,
    askOrganization: (organization, call) => organizationChanges.ask(organization, call),
  });
  const credits = new Credits(payers, plans);
  const spendingCaps = new Spending({ d1, directory, payers, plans });
  const billingKit = new BillingKit({
    d1,
    home,
    database,
    others: () => (home ? [] : databases.names.slice(1).map((name) => servicesAt(shared, name).billingKit)),
    directory,
    organizations: organizationChanges,
    realms,
    plans,
    credits,
    mailBudget: messageBudgets.mailBudget,
    config,
  });
  const billing = new Billing(billingKit);
  const failures = new FailureBudget(stubsOf(bindings.RATE_LIMITER), {
    password: config.FAILED_PASSWORDS_PER_HOUR,
    code: config.FAILED_CODES_PER_HOUR,
  });
  const suspicions = new Suspicions();
  const passwordPolicy = new PasswordPolicy(breachesUrl(config));
  const deps = {
    d1,
    realms,
    sessions,
    directory,
    objects,
    outbox,
    ...messageBudgets,
    failures,
    passwordPolicy,
    suspicions,
    addressKeys: deriveKeyring(config, 'address'),
    linkKeys: deriveKeyring(config, 'registration-link'),
    hooks,
  };
  const authorizationCodes = new AuthorizationCodes(deps);
  const providers = new Providers(config.signIn);
  const tokenKeys = deriveKeyring(config, 'provider-tokens');
  const identities = new Identities({ ...deps, tokenKeys });
  const vault = new TokenVault({ d1, directory, providers, tokenKeys });
  const oauthPorts = {
    ...deps,
    codes: authorizationCodes,
    identities,
    providers,
    origin: config.ORIGIN,
    flowKeys: deriveKeyring(config, 'oauth-flow'),
  };
  const accountLinks = new AccountLinks(oauthPorts);
  const credentials = new Credentials({ ...deps, decoyKey: deriveKey(config.AUTH_SECRET, 'decoy') });
  const codesAt: CodeObjects = ({ id, jurisdiction }, channel, to, userId) =>
    codeObjects(`${id}:${channel}:${to}${userId === null ? '' : `:${userId}`}`, jurisdiction);
  const codes = new OneTimeCodes({
    ...deps,
    codes: codesAt,
    codesPerDay: config.CODES_PER_ADDRESS,
    callingCodes: (texts && config.texts.common.SMS_CALLING_CODES) ?? [],
  });
  const flows = new PasskeyFlows(deriveKeyring(config, 'passkey-flow'));
  const passkeys = new Passkeys({ ...deps, flows });
  const factorKeys = deriveKeyring(config, 'factors');
  const factors = new Factors({ ...deps, passkeys, codes, factorKeys });
  const oauth = new OAuth({ ...oauthPorts, links: accountLinks });
  const privacy = new Privacy({ ...deps, profiles, billing, organizations: wallets });
  const organizationDeps = {
    d1,
    sessions,
    directory,
    mailBudget: deps.mailBudget,
    resolve: resolveText,
    changes: organizationChanges,
  };
  const organizations = new Organizations(organizationDeps);
  const analytics = new UsageAnalytics(d1, objects, config.RESOURCES);
  return {
    config,
    databases,
    database,
    at: (other) => servicesAt(shared, other),
    d1,
    home: home && servicesAt(shared, CONTROL),
    realms,
    signingKeys,
    subjects,
    secretAdmin: new SecretAdmin(
      databases.names.map((name) => databases.get(name)) as [D1Database, ...D1Database[]],
      config,
    ),
    backup: new Backup(databases, objectOf, bindings.AVATARS, config.JOB_CALLS),
    sessions,
    directory,
    profiles,
    outbox,
    deliveries: bindings.DELIVERIES ?? null,
    webhooks: new WebhookEndpoints({ d1, outbox, ...receivers }),
    hooks: new HookAdmin({ ...receivers, control: databases.control, realms }),
    avatars: new Avatars(pictures, profiles),
    pictures,
    overview: new AccountOverviews(d1, directory, plans, objects),
    credentials,
    anonymous: new AnonymousUsers(deps),
    resets: new PasswordResets(deps),
    emails: new EmailVerification(deps),
    challenges: new Challenges({
      secret: deriveKey(config.AUTH_SECRET, 'challenge').toString('hex'),
      turnstile: turnstileOf(config),
      take,
    }),
    suspicions,
    failures,
    codes,
    links: new SignInLinks({
      ...deps,
      codes,
      codeObjects: codesAt,
      linkKeys: deriveKeyring(config, 'sign-in-link'),
    }),
    passkeys,
    passkeyRegistrations: new PasskeyRegistrations({ ...deps, flows }),
    factors,
    authorizationCodes,
    identities,
    vault,
    accountLinks,
    oauth,
    reauthentication: new Reauthentication({
      ...deps,
      home: home && servicesAt(shared, CONTROL).reauthentication,
      credentials,
      codes,
      passkeys,
      factors,
      identities,
      oauth,
      draftKeys: deriveKeyring(config, 'form-draft'),
    }),
    privacy,
    apiKeys,
    userImport: new UserImport(d1, describeHash, factorKeys),
    organizationImport: new OrganizationImport({ d1, changes: organizationChanges, plans }),
    plans,
    planAdmin: new PlanAdmin({ d1, home, plans, directory, config }),
    planJobs: new PlanJobs({ d1, home, plans, objects }),
    analytics,
    usage: new Usage(payers, plans, config.RESERVATION_SECONDS),
    credits,
    billingKit,
    billing,
    billingAdmin: new BillingAdmin(billingKit),
    organizations,
    spending: new OrganizationSpending(organizations, organizationChanges, wallets, spendingCaps),
    spendingCaps,
    organizationKeys: new OrganizationKeys(organizationChanges, wallets),
    organizationChanges,
    invitations: new Invitations({ ...organizationDeps, organizations }),
    domains: new Domains({ ...organizationDeps, organizations }),
    organizationAdmin: new OrganizationAdmin({ ...organizationDeps, organizations, plans }),
    userKeys: new UserKeys(objects),
    userKeyAdmin: new UserKeyAdmin({ directory, objects }),
    authorizer: new Authorizer(sessions, plans, objects, wallets),
    auditFeed: { d1, sender: eventSenderOf(bindings), source: config.ORIGIN },
    auditStream: { d1, sink: auditSinkOf(config, bindings.AUDIT, database) },
    metrics: shared.metrics,
    authorizationServer: {
      ...deps,
      standby,
      signingKeys,
      subjects,
      apiKeys,
      take,
      isLocal: config.ENVIRONMENT === 'development',
      deviceCodes: ({ id, jurisdiction }, userCode) => deviceCodes(`${id}:${userCode}`, jurisdiction),
      proofs,
      vault,
      organizations,
      requestKeys: deriveKeyring(config, 'authorization-request'),
      pushedKeys: deriveKeyring(config, 'pushed-request'),
    },
    admin: createAdmin({
      ...deps,
      home,
      databases,
      movingObjects: objectOf,
      calls: config.JOB_CALLS,
      pictures,
      privacy,
      plans,
      credits,
      analytics,
      revenue: new Revenue(d1),
      signingKeys,
    }),
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
