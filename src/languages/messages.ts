import { inEachLanguage, type Language } from '../lib/language.ts';
import { de } from './de/pages.ts';
import { en } from './en/pages.ts';
import { es } from './es/pages.ts';
import { fr } from './fr/pages.ts';
import type { Texts } from './texts.ts';

const TEXTS: Record<Language, Texts> = { en, de, fr, es };

/** A part of the texts, by language. */
function byLanguage<Part>(part: (texts: Texts) => Part): Record<Language, Part> {
  return inEachLanguage((language) => part(TEXTS[language]));
}

/** What the page of a user’s activity says. */
export const activityMessages = byLanguage((texts) => texts.accountActivity);

/** What the page of connected apps says. */
export const appsMessages = byLanguage((texts) => texts.accountApps);

/** What the page of a user’s plan and payments says. */
export const billingMessages = byLanguage((texts) => texts.accountBilling);

/** What the page of a user’s data says. */
export const dataMessages = byLanguage((texts) => texts.accountData);

/** What the page of a user’s devices says. */
export const devicesMessages = byLanguage((texts) => texts.accountDevices);

/** What the page of a user’s linked accounts says. */
export const identitiesMessages = byLanguage((texts) => texts.accountIdentities);

/** What the page of a user's API keys says, and the panel of an organization's. */
export const ownKeysMessages = byLanguage((texts) => texts.accountKeys);

/** What the frame of all pages of an account says. */
export const accountMessages = byLanguage((texts) => texts.accountCommon);

/** What the pages of organizations say. */
export const organizationsMessages = byLanguage((texts) => texts.accountOrganizations);

/** What the first page of an account says. */
export const accountOverviewMessages = byLanguage((texts) => texts.accountOverview);

/** What is said of a user’s passkeys. */
export const passkeysMessages = byLanguage((texts) => texts.accountPasskeys);

/** What the page of a user’s preferences says. */
export const preferencesMessages = byLanguage((texts) => texts.accountPreferences);

/** What the page of a user’s profile says. */
export const profileMessages = byLanguage((texts) => texts.accountProfile);

/** What the page of a user’s security says. */
export const securityMessages = byLanguage((texts) => texts.accountSecurity);

/** What pages say of caps, and of where credits came from. */
export const spendingMessages = byLanguage((texts) => texts.accountSpending);

/** What the page of a user’s second factors says. */
export const twoStepMessages = byLanguage((texts) => texts.accountTwoStep);

/** What the page of a user’s usage says. */
export const usageMessages = byLanguage((texts) => texts.accountUsage);

/** What the logs say. */
export const adminActivityMessages = byLanguage((texts) => texts.adminActivity);

/** What the page of payments says. */
export const adminBillingMessages = byLanguage((texts) => texts.adminBilling);

/** What the page of the clients of the authorization server says. */
export const clientsMessages = byLanguage((texts) => texts.adminClients);

/** What the page says of hooks. */
export const hooksMessages = byLanguage((texts) => texts.adminHooks);

/** What the page of API keys says. */
export const keysMessages = byLanguage((texts) => texts.adminKeys);

/** What the pages of mails and text messages say. */
export const mailMessages = byLanguage((texts) => texts.adminMail);

/** What several pages for operators say. */
export const adminMessages = byLanguage((texts) => texts.adminCommon);

/** What the pages of organizations say to operators. */
export const adminOrganizationsMessages = byLanguage((texts) => texts.adminOrganization);

/** What the overview of a realm says. */
export const overviewMessages = byLanguage((texts) => texts.adminOverview);

/** What the pages of plans say. */
export const plansMessages = byLanguage((texts) => texts.adminPlans);

/** What the pages of realms say. */
export const realmsMessages = byLanguage((texts) => texts.adminRealms);

/** What the page of protected resources says. */
export const resourcesMessages = byLanguage((texts) => texts.adminResources);

/** What the pages of one user say. */
export const userMessages = byLanguage((texts) => texts.adminUser);

/** What the list of users says. */
export const usersMessages = byLanguage((texts) => texts.adminUsers);

/** What the pages of webhooks say. */
export const webhooksMessages = byLanguage((texts) => texts.adminWebhooks);

/** What the page says on which a user lets a device in. */
export const deviceMessages = byLanguage((texts) => texts.authorizationDevice);

/** What the pages say on which a user lets an app in. */
export const authorizationMessages = byLanguage((texts) => texts.authorizationCommon);

/** What the pages of one-time codes say. */
export const codeMessages = byLanguage((texts) => texts.entryCode);

/** What the pages say that links in mails about addresses lead to. */
export const emailAddressMessages = byLanguage((texts) => texts.entryEmailAddress);

/** What is said in place of a page that cannot be shown. */
export const failureMessages = byLanguage((texts) => texts.entryFailure);

/** What the pages of signing in by a link say. */
export const linkMessages = byLanguage((texts) => texts.entryLink);

/** What the pages of registering say. */
export const registerMessages = byLanguage((texts) => texts.entryRegister);

/** What the pages of forgotten passwords say. */
export const resetMessages = byLanguage((texts) => texts.entryReset);

/** What the page of the second step of a sign-in says. */
export const secondStepMessages = byLanguage((texts) => texts.entrySecondStep);

/** What the pages of signing in and out say. */
export const signInMessages = byLanguage((texts) => texts.entrySignIn);

/** What the pages of links say of an account and of what opens it. */
export const waysInMessages = byLanguage((texts) => texts.entryWaysIn);

/** What forms say of errors: by the code of the error, and for a field by the code of its problem or by its name. */
export const errorMessages = byLanguage((texts) => texts.kitError);

/** What forms, lists, charts and the frame of all pages say. */
export const kitMessages = byLanguage((texts) => texts.kitCommon);

/** What is said when somebody has to prove again who they are before a form is taken. */
export const reauthenticationMessages = byLanguage((texts) => texts.kitReauthentication);
