import { Hono } from 'hono';
import type { AppEnv } from '../http/context.ts';
import { adminActivityRoutes } from './admin-activity.tsx';
import { adminBillingRoutes } from './admin-billing.tsx';
import { adminKeyRoutes } from './admin-keys.tsx';
import { adminMailRoutes } from './admin-mail.tsx';
import { overviewRoutes } from './admin-overview.tsx';
import { adminPlanRoutes } from './admin-plans.tsx';
import { adminRealmRoutes } from './admin-realms.tsx';
import { userPageRoutes } from './admin-user.tsx';
import { newUserRoutes } from './admin-user-new.tsx';
import { userListRoutes } from './admin-users.tsx';
import type { AdminServices } from './admin-visit.ts';

/** The pages where operators look after a realm. */
export function adminPageRoutes(services: AdminServices) {
  return new Hono<AppEnv>()
    .route('/', overviewRoutes(services))
    .route('/', adminActivityRoutes(services))
    .route('/', adminMailRoutes(services))
    .route('/', adminBillingRoutes(services))
    .route('/', adminPlanRoutes(services))
    .route('/', adminRealmRoutes(services))
    .route('/', adminKeyRoutes(services))
    .route('/', userListRoutes(services))
    .route('/', newUserRoutes(services))
    .route('/', userPageRoutes(services));
}
