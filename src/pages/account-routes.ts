import { Hono, type MiddlewareHandler } from 'hono';
import type { AppEnv } from '../http/context.ts';
import { activityRoutes } from './account-activity.tsx';
import { billingPageRoutes } from './account-billing.tsx';
import { dataRoutes } from './account-data.tsx';
import { deviceRoutes } from './account-devices.tsx';
import { identityPageRoutes } from './account-identities.tsx';
import { preferencesPageRoutes } from './account-preferences.tsx';
import { profileRoutes } from './account-profile.tsx';
import { securityRoutes } from './account-security.tsx';
import { usagePageRoutes } from './account-usage.tsx';
import type { AccountServices } from './account-visit.ts';

/** The pages where users look after their account; who comes to the root is led there. */
export function accountPageRoutes(services: AccountServices, signInLimit: MiddlewareHandler<AppEnv>) {
  return new Hono<AppEnv>()
    .get('/', (c) => c.redirect('/account', 303))
    .route('/', profileRoutes(services))
    .route('/', securityRoutes(services, signInLimit))
    .route('/', deviceRoutes(services))
    .route('/', identityPageRoutes(services, signInLimit))
    .route('/', usagePageRoutes(services))
    .route('/', billingPageRoutes(services))
    .route('/', activityRoutes(services))
    .route('/', preferencesPageRoutes(services))
    .route('/', dataRoutes(services, signInLimit));
}
