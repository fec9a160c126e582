import { Hono, type MiddlewareHandler } from 'hono';
import type { AppEnv } from '../../http/context.ts';
import { activityPageRoutes } from './activity.tsx';
import { apiKeysPageRoutes } from './api-keys.tsx';
import { appsPageRoutes } from './apps.tsx';
import { billingPageRoutes } from './billing.tsx';
import { dataPageRoutes } from './data.tsx';
import { devicesPageRoutes } from './devices.tsx';
import { identitiesPageRoutes } from './identities.tsx';
import { invitationPageRoutes } from './invitation.tsx';
import { organizationPageRoutes } from './organization.tsx';
import { organizationsPageRoutes } from './organizations.tsx';
import { overviewPageRoutes } from './overview.tsx';
import { preferencesPageRoutes } from './preferences.tsx';
import { profilePageRoutes } from './profile.tsx';
import { securityPageRoutes } from './security.tsx';
import { twoStepPageRoutes } from './two-step.tsx';
import { usagePageRoutes } from './usage.tsx';
import type { AccountServices } from './visit.ts';

/** The pages where users manage their account, to which the root leads. */
export function accountPageRoutes(services: AccountServices, signInLimit: MiddlewareHandler<AppEnv>) {
  return new Hono<AppEnv>()
    .get('/', (c) => c.redirect('/account', 303))
    .route('/', overviewPageRoutes(services))
    .route('/', profilePageRoutes(services))
    .route('/', securityPageRoutes(services, signInLimit))
    .route('/', twoStepPageRoutes(services, signInLimit))
    .route('/', devicesPageRoutes(services))
    .route('/', identitiesPageRoutes(services, signInLimit))
    .route('/', appsPageRoutes(services))
    .route('/', apiKeysPageRoutes(services))
    .route('/', organizationsPageRoutes(services))
    .route('/', organizationPageRoutes(services))
    .route('/', invitationPageRoutes(services, signInLimit))
    .route('/', usagePageRoutes(services))
    .route('/', billingPageRoutes(services))
    .route('/', activityPageRoutes(services))
    .route('/', preferencesPageRoutes(services))
    .route('/', dataPageRoutes(services, signInLimit));
}
