import type { AccountObject } from './account/contract.ts';
import { type Admin, createAdmin } from './admin/service.ts';
import { ApiKeys } from './api-keys/service.ts';
import { Authorizer } from './authorize/service.ts';
import { BillingAdmin } from './billing/admin-service.ts';
import { BillingKit } from './billing/parts.ts';
import { Revenue } from './billing/revenue-service.ts';
import { Billing } from './billing/service.ts';
import type { CodeObject } from './codes/contract.ts';
import { OneTimeCodes } from './codes/service.ts';
import { accessTokenSeconds, spokenDialects } from './compat/dialects.ts';
import type { Bindings, Config } from './config/config.ts';
import type { Environment } from './config/variable.ts';
import { Credits } from './credits/service.ts';
import { deriveKey, deriveKeyring } from './crypto/keys.ts';
import { boundedD1 } from './db/bounded.ts';
import { Standby, type StandbyObject } from './db/standby.ts';
import { Directory } from './directory/service.ts';
import { Factors } from './factors/service.ts';
import { FailureBudget } from './http/failure-budget.ts';
import type { RateLimitResult } from './http/rate-limiter.ts';
import { UserImport } from './import/service.ts';
import { setLogLevel } from './lib/log.ts';
import { type MailBudget, mailBudget, type SmsBudget, smsBudget, type Take } from './messages/budgets.ts';
import { createMailProvider } from './messages/mail-registry.ts';
import { Outbox } from './messages/outbox.ts';
import { createTextProvider } from './messages/text-registry.ts';
import { AuthorizationCodes } from './oauth/code-service.ts';
import { Identities } from './oauth/identity-service.ts';
import { AccountLinks } from './oauth/link-service.ts';
import { Providers } from './oauth/registry.ts';
import { OAuth } from './oauth/service.ts';
import { Passkeys } from './passkeys/service.ts';
import { PasswordResets } from './passwords/reset-service.ts';
import { Credentials, describeHash } from './passwords/service.ts';
import { PlanAdmin } from './plans/admin-service.ts';
import { PlanJobs } from './plans/jobs.ts';
import { Plans } from './plans/service.ts';
import { Privacy } from './privacy/service.ts';
import { Avatars } from './profile/avatar-service.ts';
import { Profiles } from './profile/service.ts';
import { LOOPBACK_ORIGINS } from './realms/redirect-service.ts';
import { Realms } from './realms/service.ts';
import { Reauthentication } from './reauthentication/service.ts';
import { SecretAdmin } from './secrets/admin-service.ts';
import { AccessTokens } from './sessions/access-token.ts';
import { Sessions } from './sessions/service.ts';
import { SigningKeys } from './signing-keys/service.ts';
import { UsageAnalytics } from './usage/analytics-service.ts';
import { Usage } from './usage/service.ts';
import { EmailVerification } from './verification/service.ts';
import { parseWorkerConfig, type WorkerConfig } from './worker-config.ts';

/** Everything the routes and the cron jobs act through. */
export interface Services {
  config: WorkerConfig;
  d1: D1Database;
  realms: Realms;
  directory: Directory;
  profiles: Profiles;
  avatars: Avatars;
  sessions: Sessions;
  credentials: Credentials;
  resets: PasswordResets;
  emails: EmailVerification;
  codes: OneTimeCodes;
  passkeys: Passkeys;
  factors: Factors;
  oauth: OAuth;
  identities: Identities;
  accountLinks: AccountLinks;
  authorizationCodes: AuthorizationCodes;
  reauthentication: Reauthentication;
  privacy: Privacy;
  outbox: Outbox;
  signingKeys: SigningKeys;
  secretAdmin: SecretAdmin;
  apiKeys: ApiKeys;
  billing: Billing;
  billingAdmin: BillingAdmin;
  userImport: UserImport;
  plans: Plans;
  planAdmin: PlanAdmin;
  planJobs: PlanJobs;
  analytics: UsageAnalytics;
  usage: Usage;
  credits: Credits;
  authorizer: Authorizer;
  admin: Admin;
}

/** The composition root: bindings and variables to services. Throws ConfigError. */
export function createServices(bindings: Bindings): Services {
  const config = parseWorkerConfig(bindings as unknown as Environment);
  setLogLevel(config.LOG_LEVEL);
  const d1 = boundedD1(bindings.DB);
  const standby = new Standby(named<StandbyObject>(bindings.STANDBY));
  const objects = named<AccountObject>(bindings.ACCOUNT);
  const codeObjects = named<CodeObject>(bindings.ONE_TIME_CODE);
  const messageBudgets = budgets(bindings, config);

  const realms = new Realms(
    d1,
    standby,
    config.ORIGIN,
    accessTokenSeconds(spokenDialects(config)),
    config.ENVIRONMENT === 'development' ? LOOPBACK_ORIGINS : [],
    // The operator of a Latchkey on somebody's own machine is named there, with a password that the page shows.
    config.ENVIRONMENT === 'development' ? 'optional' : 'required_for_admins',
  );
  const signingKeys = new SigningKeys(
    d1,
    standby,
    deriveKeyring(config, 'signing-keys'),
    config.SIGNING_KEY_ROTATION_DAYS,
  );
  const texts = createTextProvider(config.texts, bindings);
  const outbox = new Outbox({
    d1,
    mail: createMailProvider(config.mail, bindings),
    texts,
    from: config.mail.common.MAIL_FROM ?? `latchkey@${new URL(config.ORIGIN).hostname}`,
    origin: config.ORIGIN,
  });
  const directory = new Directory({ d1, objects, outbox, origin: config.ORIGIN });
  const apiKeys = new ApiKeys(d1, standby, config.INTERNAL_API_KEY, objects, directory);
  const forAuthService = spokenDialects(config).includes('auth-service');
  const sessions = new Sessions(objects, new AccessTokens(signingKeys, forAuthService), apiKeys);
  const profiles = new Profiles(d1, directory);
  const plans = new Plans({ d1, standby, directory, objects, config });
  const credits = new Credits(directory, plans, objects);
  const billingKit = new BillingKit({ d1, directory, realms, plans, credits, config });
  const billing = new Billing(billingKit);
  const failures = new FailureBudget(named(bindings.RATE_LIMITER), {
    password: config.FAILED_PASSWORDS_PER_HOUR,
    code: config.FAILED_CODES_PER_HOUR,
  });
  const deps = { d1, realms, sessions, directory, objects, outbox, ...messageBudgets, failures };
  const authorizationCodes = new AuthorizationCodes(deps);
  const identities = new Identities({ ...deps, tokenKeys: deriveKeyring(config, 'provider-tokens') });
  const oauthPorts = {
    ...deps,
    codes: authorizationCodes,
    identities,
    providers: new Providers(config.signIn),
    origin: config.ORIGIN,
    flowKeys: deriveKeyring(config, 'oauth-flow'),
  };
  const accountLinks = new AccountLinks(oauthPorts);
  const credentials = new Credentials({ ...deps, decoyKey: deriveKey(config.AUTH_SECRET, 'decoy') });
  const codes = new OneTimeCodes({
    ...deps,
    codes: (realmId, channel, to, userId) =>
      codeObjects(`${realmId}:${channel}:${to}${userId === null ? '' : `:${userId}`}`),
    codesPerDay: config.CODES_PER_ADDRESS,
    callingCodes: (texts && config.texts.common.SMS_CALLING_CODES) ?? [],
  });
  const passkeys = new Passkeys({ ...deps, flowKeys: deriveKeyring(config, 'passkey-flow') });
  const factors = new Factors({ ...deps, passkeys, codes, factorKeys: deriveKeyring(config, 'factors') });
  const oauth = new OAuth({ ...oauthPorts, links: accountLinks });
  const privacy = new Privacy({ ...deps, profiles, billing });
  const analytics = new UsageAnalytics(d1, objects, config.RESOURCES);
  return {
    config,
    d1,
    realms,
    signingKeys,
    secretAdmin: new SecretAdmin(d1, config),
    sessions,
    directory,
    profiles,
    outbox,
    avatars: new Avatars(bindings.AVATARS, profiles, config.ORIGIN),
    credentials,
    resets: new PasswordResets(deps),
    emails: new EmailVerification(deps),
    codes,
    passkeys,
    factors,
    authorizationCodes,
    identities,
    accountLinks,
    oauth,
    reauthentication: new Reauthentication({
      ...deps,
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
    userImport: new UserImport(d1, describeHash),
    plans,
    planAdmin: new PlanAdmin({ d1, plans, directory, config }),
    planJobs: new PlanJobs({ d1, plans, objects }),
    analytics,
    usage: new Usage(directory, plans, objects, config.RESERVATION_SECONDS),
    credits,
    billing,
    billingAdmin: new BillingAdmin(billingKit),
    authorizer: new Authorizer(sessions, plans, objects),
    admin: createAdmin({
      ...deps,
      privacy,
      plans,
      credits,
      analytics,
      revenue: new Revenue(d1),
      signingKeys,
    }),
  };
}

/** Stubs of a namespace by name, as the port that a feature declares. */
function named<Port>(namespace: DurableObjectNamespace): (name: string) => Port {
  return (name) => namespace.get(namespace.idFromName(name)) as unknown as Port;
}

function budgets(bindings: Bindings, config: Config): { mailBudget: MailBudget; smsBudget: SmsBudget } {
  const limiter = named<{ take(limit: number, windowSeconds: number): Promise<RateLimitResult> }>(
    bindings.RATE_LIMITER,
  );
  const take: Take = async (name, limit, windowSeconds) =>
    (await limiter(name).take(limit, windowSeconds)).allowed;
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
