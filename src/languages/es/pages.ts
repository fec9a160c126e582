import type { Texts } from '../texts.ts';
import { accountActivity } from './account-activity.ts';
import { accountApps } from './account-apps.ts';
import { accountBilling } from './account-billing.ts';
import { accountCommon } from './account-common.ts';
import { accountData } from './account-data.ts';
import { accountDevices } from './account-devices.ts';
import { accountIdentities } from './account-identities.ts';
import { accountKeys } from './account-keys.ts';
import { accountOrganizations } from './account-organizations.ts';
import { accountOverview } from './account-overview.ts';
import { accountPasskeys } from './account-passkeys.ts';
import { accountPreferences } from './account-preferences.ts';
import { accountProfile } from './account-profile.ts';
import { accountSecurity } from './account-security.ts';
import { accountSpending } from './account-spending.ts';
import { accountTwoStep } from './account-two-step.ts';
import { accountUsage } from './account-usage.ts';
import { adminActivity } from './admin-activity.ts';
import { adminBilling } from './admin-billing.ts';
import { adminClients } from './admin-clients.ts';
import { adminCommon } from './admin-common.ts';
import { adminHooks } from './admin-hooks.ts';
import { adminKeys } from './admin-keys.ts';
import { adminMail } from './admin-mail.ts';
import { adminOrganization } from './admin-organization.ts';
import { adminOverview } from './admin-overview.ts';
import { adminPlans } from './admin-plans.ts';
import { adminRealms } from './admin-realms.ts';
import { adminResources } from './admin-resources.ts';
import { adminUser } from './admin-user.ts';
import { adminUsers } from './admin-users.ts';
import { adminWebhooks } from './admin-webhooks.ts';
import { authorizationCommon } from './authorization-common.ts';
import { authorizationDevice } from './authorization-device.ts';
import { entryCode } from './entry-code.ts';
import { entryEmailAddress } from './entry-email-address.ts';
import { entryFailure } from './entry-failure.ts';
import { entryLink } from './entry-link.ts';
import { entryRegister } from './entry-register.ts';
import { entryReset } from './entry-reset.ts';
import { entrySecondStep } from './entry-second-step.ts';
import { entrySignIn } from './entry-sign-in.ts';
import { entryWaysIn } from './entry-ways-in.ts';
import { kitCommon } from './kit-common.ts';
import { kitError } from './kit-error.ts';
import { kitReauthentication } from './kit-reauthentication.ts';

/** What pages say in Spanish. */
export const es: Texts = {
  accountActivity,
  accountApps,
  accountBilling,
  accountCommon,
  accountData,
  accountDevices,
  accountIdentities,
  accountKeys,
  accountOrganizations,
  accountOverview,
  accountPasskeys,
  accountPreferences,
  accountProfile,
  accountSecurity,
  accountSpending,
  accountTwoStep,
  accountUsage,
  adminActivity,
  adminBilling,
  adminClients,
  adminCommon,
  adminHooks,
  adminKeys,
  adminMail,
  adminOrganization,
  adminOverview,
  adminPlans,
  adminRealms,
  adminResources,
  adminUser,
  adminUsers,
  adminWebhooks,
  authorizationCommon,
  authorizationDevice,
  entryCode,
  entryEmailAddress,
  entryFailure,
  entryLink,
  entryRegister,
  entryReset,
  entrySecondStep,
  entrySignIn,
  entryWaysIn,
  kitCommon,
  kitError,
  kitReauthentication,
};
