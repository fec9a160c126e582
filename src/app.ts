import { adminRoutes } from './admin/routes.ts';
import { anonymousRoutes } from './anonymous/routes.ts';
import { apiKeyRoutes } from './api-keys/routes.ts';
import { AppShell } from './app-shell.ts';
import { oauthClientRoutes } from './authorization-server/client-routes.ts';
import { registrationRoutes } from './authorization-server/registration-routes.ts';
import { protectedResourceRoutes } from './authorization-server/resource-routes.ts';
import { authorizationServerRoutes } from './authorization-server/routes.ts';
import { AuthorizationServer } from './authorization-server/service.ts';
import { backupRoutes } from './backup/routes.ts';
import { billingAdminRoutes } from './billing/admin-routes.ts';
import { payerRoutes } from './billing/payer-routes.ts';
import { billingRoutes } from './billing/routes.ts';
import { subscriptionRoutes } from './billing/subscription-routes.ts';
import { topUpRoutes } from './billing/top-up-routes.ts';
import { webhookRoutes } from './billing/webhook-routes.ts';
import { challengeRoutes } from './challenges/routes.ts';
import { linkRoutes } from './codes/link-routes.ts';
import { phoneRoutes } from './codes/phone-routes.ts';
import { codeRoutes } from './codes/routes.ts';
import { createDialects, dialectDocuments } from './compat/dialects.ts';
import type { Dialects } from './compat/engine/router.ts';
import { spokenDialects } from './compat/spoken.ts';
import type { Bindings } from './config/config.ts';
import { creditAdminRoutes } from './credits/admin-routes.ts';
import { creditRoutes } from './credits/routes.ts';
import { creditServiceRoutes } from './credits/service-routes.ts';
import { devRoutes } from './dev/routes.tsx';
import { docsRoutes } from './docs/routes.tsx';
import { userFactorRoutes } from './factors/admin-routes.ts';
import { factorRoutes, secondStepRoutes } from './factors/routes.ts';
import { healthRoutes } from './health/routes.ts';
import { hookRoutes } from './hooks/admin-routes.ts';
import { withHotRoutes } from './hot-app.ts';
import { keyedRateLimit } from './http/rate-limit.ts';
import { organizationImportRoutes } from './import/organization-routes.ts';
import { importRoutes } from './import/routes.ts';
import { outboxRoutes } from './messages/admin-routes.ts';
import { mailTemplateRoutes } from './messages/template-routes.ts';
import { metricsRoutes } from './metrics/routes.ts';
import { identityRoutes } from './oauth/identity-routes.ts';
import { oauthRoutes } from './oauth/routes.ts';
import { tokenRoutes } from './oauth/token-routes.ts';
import { tokenVaultRoutes } from './oauth/token-vault-routes.ts';
import { organizationCreditRoutes } from './organizations/admin-credit-routes.ts';
import { organizationKeyAdminRoutes } from './organizations/admin-key-routes.ts';
import { organizationAdminRoutes } from './organizations/admin-routes.ts';
import { domainRoutes } from './organizations/domain-routes.ts';
import { invitationRoutes } from './organizations/invitation-routes.ts';
import { organizationKeyRoutes } from './organizations/key-routes.ts';
import { memberRoutes } from './organizations/member-routes.ts';
import { organizationRoutes } from './organizations/routes.ts';
import { spendingRoutes } from './organizations/spending-routes.ts';
import { walletCapRoutes } from './organizations/wallet-cap-routes.ts';
import { accountPageRoutes } from './pages/account/routes.ts';
import { adminPageRoutes } from './pages/admin/routes.ts';
import { authorizationPageRoutes } from './pages/authorization/routes.tsx';
import { entryPageRoutes } from './pages/entry/routes.ts';
import { passkeyRoutes, passkeySignInRoutes } from './passkeys/routes.ts';
import { resetRoutes } from './passwords/reset-routes.ts';
import { planAdminRoutes } from './plans/admin-routes.ts';
import { privacyRoutes } from './privacy/routes.ts';
import { userKeyAdminRoutes } from './product-keys/admin-routes.ts';
import { userKeyRoutes } from './product-keys/routes.ts';
import { avatarRoutes } from './profile/avatar-routes.ts';
import { preferencesRoutes } from './profile/preferences-routes.ts';
import { unprovenProfileRoutes } from './profile/routes.ts';
import { userRoutes } from './profile/user-routes.ts';
import { realmRoutes } from './realms/admin-routes.ts';
import { reauthenticationRoutes } from './reauthentication/routes.ts';
import { secretRoutes } from './secrets/admin-routes.ts';
import type { Services } from './services.ts';
import { userSessionRoutes } from './sessions/admin-routes.ts';
import { renewalRoutes } from './sessions/renewal-routes.ts';
import { signingKeyRoutes } from './signing-keys/admin-routes.ts';
import { discoveryRoutes } from './signing-keys/discovery-routes.ts';
import { usageAdminRoutes } from './usage/admin-routes.ts';
import { usageRoutes } from './usage/routes.ts';
import { usageServiceRoutes } from './usage/service-routes.ts';
import { spendingCapRoutes } from './usage/spending-routes.ts';
import { emailRoutes } from './verification/routes.ts';
import { webhookEndpointRoutes } from './webhooks/routes.ts';

/**
 * The whole canonical interface: what every request passes, in order, then one route group a feature. It must know
 * which paths the dialects in front of it take.
 */
export function createApp(
  services: Services,
  bindings: Bindings,
  dialects: Dialects = createDialects(services.config),
  shell = new AppShell(services, bindings, () => dialects),
) {
  const { config, realms, sessions } = services;
  const { challenge, levels, signInLimit } = shell;
  const app = shell.app();
  const server = new AuthorizationServer(
    services.authorizationServer,
    keyedRateLimit(bindings.GENERAL_RATE_LIMIT, config),
  );
  const routes = withHotRoutes(app, services, shell)
    .route('/', anonymousRoutes(services.anonymous, levels, signInLimit, challenge))
    .route('/', resetRoutes(services.resets, signInLimit, challenge))
    .route('/', challengeRoutes(services.challenges))
    .route('/', metricsRoutes(services.metrics, levels))
    .route('/', emailRoutes(services.emails, levels, signInLimit))
    .route('/', codeRoutes(services.codes, levels, signInLimit, challenge))
    .route('/', linkRoutes(services.links, config.ORIGIN, signInLimit, challenge))
    .route(
      '/',
      passkeySignInRoutes(services.passkeys, services.passkeyRegistrations, realms, signInLimit, challenge),
    )
    .route('/', passkeyRoutes(services.passkeys, levels, signInLimit))
    .route('/', secondStepRoutes(services.factors, signInLimit))
    .route('/', factorRoutes(services.factors, services.directory, levels, signInLimit))
    .route('/', oauthRoutes(services.oauth, services.accountLinks, sessions, signInLimit))
    .route('/', tokenRoutes(services.authorizationCodes, signInLimit))
    .route('/', identityRoutes(services.oauth, services.accountLinks, services.identities, levels))
    .route('/', tokenVaultRoutes(services.vault, levels))
    .route(
      '/',
      reauthenticationRoutes(
        services.reauthentication,
        services.passkeys,
        services.accountLinks,
        levels,
        signInLimit,
      ),
    )
    .route('/', avatarRoutes(services.avatars, services.pictures, levels))
    .route('/', preferencesRoutes(services.profiles, levels))
    .route('/', userRoutes(services.directory, levels))
    .route('/', organizationRoutes(services.organizations, services.domains, levels, signInLimit))
    .route('/', memberRoutes(services.organizations, levels))
    .route('/', spendingRoutes(services, levels))
    .route('/', walletCapRoutes(services, levels))
    .route('/', spendingCapRoutes(services.spendingCaps, levels))
    .route('/', organizationKeyRoutes(services.organizations, services.organizationKeys, levels))
    .route('/', invitationRoutes(services.organizations, services.invitations, levels, signInLimit))
    .route('/', domainRoutes(services.organizations, services.domains, levels))
    .route('/', organizationAdminRoutes(services.organizations, services.organizationAdmin, levels))
    .route('/', organizationKeyAdminRoutes(services.organizations, services.organizationKeys, levels))
    .route('/', organizationCreditRoutes(services.admin.credits, levels))
    .route('/', apiKeyRoutes(services.apiKeys, levels))
    .route('/', userKeyRoutes(services.userKeys, levels))
    .route('/', userKeyAdminRoutes(services.userKeyAdmin, levels))
    .route('/', oauthClientRoutes(server.clients, levels))
    .route('/', protectedResourceRoutes(server.resources, levels))
    .route('/', registrationRoutes(server.registrations))
    .route('/', authorizationServerRoutes(server))
    .route('/', subscriptionRoutes(services.billing, services.plans, levels))
    .route('/', importRoutes(services.userImport, levels))
    .route('/', organizationImportRoutes(services.organizationImport, levels))
    .route('/', planAdminRoutes(services.planAdmin, levels))
    .route('/', usageRoutes(services.usage, services.analytics, levels))
    .route('/', usageServiceRoutes(services.usage, levels))
    .route('/', usageAdminRoutes(services.analytics, services.directory, levels))
    .route('/', creditRoutes(services.credits, levels))
    .route('/', creditServiceRoutes(services.credits, levels))
    .route('/', billingRoutes(services.billing, levels))
    .route('/', payerRoutes(services.billing, levels))
    .route('/', topUpRoutes(services.billing, levels))
    .route('/', billingAdminRoutes(services.billingAdmin, levels))
    .route('/', webhookRoutes(services.billingAdmin))
    .route('/', adminRoutes(services.admin, levels))
    .route('/', userSessionRoutes(services.admin.sessions, levels))
    .route('/', userFactorRoutes(services.factors, levels))
    .route('/', creditAdminRoutes(services.admin.credits, levels))
    .route('/', outboxRoutes(services.admin.outbox, levels))
    .route('/', webhookEndpointRoutes(services.webhooks, levels))
    .route('/', hookRoutes(services.hooks, levels))
    .route('/', realmRoutes(services.admin.realms, services.admin.moves, levels))
    .route('/', signingKeyRoutes(services.admin.signingKeys, levels))
    .route('/', secretRoutes(services.secretAdmin, levels))
    .route('/', backupRoutes(services.backup, levels))
    .route('/', privacyRoutes(services.privacy, levels, signInLimit))
    .route('/', discoveryRoutes(services.signingKeys))
    .route('/', healthRoutes(bindings, services.databases, services.auditFeed));
  app.route('/', docsRoutes(app, config, dialectDocuments(config)));
  const spoken = spokenDialects(config);
  if (spoken.includes('auth-service')) {
    app.route('/', renewalRoutes(sessions));
    app.route('/', mailTemplateRoutes());
  }
  if (spoken.includes('doztra')) {
    app.route('/', unprovenProfileRoutes(services.profiles, levels));
  }
  if (spoken.includes('two-user-types')) {
    app.route('/', phoneRoutes(services.codes, levels, signInLimit, challenge));
  }
  const parts = {
    oauthClients: server.clients,
    protectedResources: server.resources,
    authorizations: server.authorizations,
    deviceAuthorizations: server.devices,
    signedTokens: server.tokens,
  };
  // Not copied: what stands for the services while the document is made has no properties to copy.
  const withServer: Services & typeof parts = Object.assign(Object.create(services), parts);
  app.route('/', authorizationPageRoutes(withServer));
  app.route('/', accountPageRoutes(withServer, signInLimit));
  app.route('/', adminPageRoutes(withServer));
  app.route('/', entryPageRoutes(services, signInLimit, challenge));
  if (config.ENVIRONMENT === 'development') app.route('/', devRoutes(services.d1));
  return routes;
}

/** For `hc<App>()`: a typed client of this API. */
export type App = ReturnType<typeof createApp>;
