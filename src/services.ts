import { type Admin, createAdmin } from './admin/service.ts';
import { AnonymousUsers } from './anonymous/service.ts';
import type { DeviceCodeObject } from './authorization-server/device-contract.ts';
import type { AuthorizationServerParts } from './authorization-server/service.ts';
import { Backup } from './backup/service.ts';
import { BillingAdmin } from './billing/admin-service.ts';
import { BillingKit } from './billing/parts.ts';
import { Revenue } from './billing/revenue-service.ts';
import { Billing } from './billing/service.ts';
import type { CodeObject, CodeObjects } from './codes/contract.ts';
import { SignInLinks } from './codes/link-service.ts';
import { OneTimeCodes } from './codes/service.ts';
import type { Bindings } from './config/config.ts';
import { stubsWithin } from './config/stubs.ts';
import { deriveKeyring } from './crypto/keys.ts';
import { Factors } from './factors/service.ts';
import { HookAdmin } from './hooks/admin-service.ts';
import { createHotServices, type HotServices } from './hot-services.ts';
import { PictureStore } from './images/picture-store.ts';
import { OrganizationImport } from './import/organization-service.ts';
import { UserImport } from './import/service.ts';
import { isOrganizationId } from './lib/jurisdiction.ts';
import { AuthorizationCodes } from './oauth/code-service.ts';
import { Identities } from './oauth/identity-service.ts';
import { AccountLinks } from './oauth/link-service.ts';
import { Providers } from './oauth/registry.ts';
import { OAuth } from './oauth/service.ts';
import { TokenVault } from './oauth/token-vault-service.ts';
import { OrganizationAdmin } from './organizations/admin-service.ts';
import { Domains, resolveText } from './organizations/domain-service.ts';
import { Invitations } from './organizations/invitation-service.ts';
import { OrganizationKeys } from './organizations/key-service.ts';
import { OrganizationSpending } from './organizations/spending-service.ts';
import { PasskeyFlows } from './passkeys/flow.ts';
import { PasskeyRegistrations } from './passkeys/registration-service.ts';
import { Passkeys } from './passkeys/service.ts';
import { PasswordResets } from './passwords/reset-service.ts';
import { describeHash } from './passwords/service.ts';
import { PlanAdmin } from './plans/admin-service.ts';
import { PlanJobs } from './plans/jobs.ts';
import { Privacy } from './privacy/service.ts';
import { UserKeyAdmin } from './product-keys/admin-service.ts';
import { UserKeys } from './product-keys/service.ts';
import { Avatars } from './profile/avatar-service.ts';
import { AccountOverviews } from './profile/overview-service.ts';
import { Reauthentication } from './reauthentication/service.ts';
import { SecretAdmin } from './secrets/admin-service.ts';
import { UsageAnalytics } from './usage/analytics-service.ts';
import { Spending } from './usage/spending-service.ts';
import { EmailVerification } from './verification/service.ts';
import type { DeliveryCall } from './webhooks/queue.ts';
import { WebhookEndpoints } from './webhooks/service.ts';

/** Everything the routes and the cron jobs act through. */
export interface Services extends HotServices {
  /** Those of `DB`, where this is another database: its users are the owners. */
  home: Services | null;
  /** The same for another database, made when it is first asked for. Throws ConfigError for one that is not bound. */
  at(database: string): Services;
  avatars: Avatars;
  pictures: PictureStore;
  overview: AccountOverviews;
  anonymous: AnonymousUsers;
  resets: PasswordResets;
  emails: EmailVerification;
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
  /** By which events are delivered at once; null where the cron alone delivers. */
  deliveries: Queue<DeliveryCall> | null;
  webhooks: WebhookEndpoints;
  hooks: HookAdmin;
  secretAdmin: SecretAdmin;
  backup: Backup;
  billingKit: BillingKit;
  billing: Billing;
  billingAdmin: BillingAdmin;
  userImport: UserImport;
  organizationImport: OrganizationImport;
  planAdmin: PlanAdmin;
  planJobs: PlanJobs;
  analytics: UsageAnalytics;
  userKeys: UserKeys;
  /** Those keys as operators handle them. */
  userKeyAdmin: UserKeyAdmin;
  spending: OrganizationSpending;
  spendingCaps: Spending;
  organizationKeys: OrganizationKeys;
  invitations: Invitations;
  domains: Domains;
  organizationAdmin: OrganizationAdmin;
  admin: Admin;
  /** Of what the authorization server is made, by the first request for it. */
  authorizationServer: AuthorizationServerParts;
}

/** Those of each that an isolate started with. */
const made = new WeakMap<HotServices, Services>();

/** The composition root: bindings and variables to services, on the database `DB`. Throws ConfigError. */
export function createServices(bindings: Bindings): Services {
  return allServices(createHotServices(bindings));
}

/** All of the services, around those that an isolate starts with; the same for the same. */
export function allServices(hot: HotServices): Services {
  const known = made.get(hot);
  if (known) return known;
  const services = assemble(hot);
  made.set(hot, services);
  return services;
}

function assemble(hot: HotServices): Services {
  const {
    config,
    databases,
    database,
    d1,
    realms,
    directory,
    profiles,
    plans,
    credits,
    signingKeys,
    subjects,
  } = hot;
  const { organizations, organizationChanges, credentials, apiKeys, parts } = hot;
  const { bindings, standby, objects, wallets, take, texts, receivers, proofs, payers, deps } = parts;
  const home = hot.home && allServices(hot.home);
  const control = home && databases.control;
  const pictures = new PictureStore(bindings.AVATARS, config.ORIGIN);
  const codeObjects = stubsWithin<CodeObject>(bindings.ONE_TIME_CODE, config);
  const deviceCodes = stubsWithin<DeviceCodeObject>(bindings.DEVICE_CODE, config);
  /** That of a user or of an organization, by the id. */
  const objectOf = (id: string) => (isOrganizationId(id) ? wallets(id) : objects(id));
  const spendingCaps = new Spending({ d1, directory, payers, plans });
  const billingKit = new BillingKit({
    d1,
    home: control,
    database,
    others: () => (home ? [] : databases.names.slice(1).map((name) => allServices(hot.at(name)).billingKit)),
    directory,
    organizations: organizationChanges,
    realms,
    plans,
    credits,
    mailBudget: deps.mailBudget,
    config,
  });
  const billing = new Billing(billingKit);
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
  const organizationDeps = { ...parts.organizationDeps, organizations, resolve: resolveText };
  const analytics = new UsageAnalytics(d1, objects, config.RESOURCES);
  return {
    ...hot,
    at: (other) => allServices(hot.at(other)),
    home,
    secretAdmin: new SecretAdmin(
      databases.names.map((name) => databases.get(name)) as [D1Database, ...D1Database[]],
      config,
    ),
    backup: new Backup(databases, objectOf, bindings.AVATARS, config.JOB_CALLS),
    deliveries: bindings.DELIVERIES ?? null,
    webhooks: new WebhookEndpoints({ d1, outbox: hot.outbox, ...receivers }),
    hooks: new HookAdmin({ ...receivers, control: databases.control, realms }),
    avatars: new Avatars(pictures, profiles),
    pictures,
    overview: new AccountOverviews(d1, directory, plans, objects),
    anonymous: new AnonymousUsers(deps),
    resets: new PasswordResets(deps),
    emails: new EmailVerification(deps),
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
      home: home?.reauthentication ?? null,
      credentials,
      codes,
      passkeys,
      factors,
      identities,
      oauth,
      draftKeys: deriveKeyring(config, 'form-draft'),
    }),
    privacy,
    userImport: new UserImport(d1, describeHash, factorKeys),
    organizationImport: new OrganizationImport({ d1, changes: organizationChanges, plans }),
    planAdmin: new PlanAdmin({ d1, home: control, plans, directory, config }),
    planJobs: new PlanJobs({ d1, home: control, plans, objects }),
    analytics,
    billingKit,
    billing,
    billingAdmin: new BillingAdmin(billingKit),
    spending: new OrganizationSpending(organizations, organizationChanges, wallets, spendingCaps),
    spendingCaps,
    organizationKeys: new OrganizationKeys(organizationChanges, wallets),
    invitations: new Invitations(organizationDeps),
    domains: new Domains(organizationDeps),
    organizationAdmin: new OrganizationAdmin({ ...organizationDeps, plans }),
    userKeys: new UserKeys(objects),
    userKeyAdmin: new UserKeyAdmin({ directory, objects }),
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
      home: control,
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
