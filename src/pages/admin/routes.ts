import { Hono } from 'hono';
import type { AppEnv } from '../../http/context.ts';
import { adminActivityPageRoutes } from './activity.tsx';
import { adminBillingPageRoutes } from './billing.tsx';
import { adminClientsPageRoutes } from './clients.tsx';
import { adminKeysPageRoutes } from './keys.tsx';
import { adminMailPageRoutes } from './mail.tsx';
import { adminNewUserPageRoutes } from './new-user.tsx';
import { adminOrganizationPageRoutes } from './organization.tsx';
import { adminOrganizationsPageRoutes } from './organizations.tsx';
import { adminOverviewPageRoutes } from './overview.tsx';
import { adminPlansPageRoutes } from './plans.tsx';
import { adminRealmsPageRoutes } from './realms.tsx';
import { adminResourcesPageRoutes } from './resources.tsx';
import { adminSearchPageRoutes } from './search.tsx';
import { adminUserPageRoutes } from './user.tsx';
import { adminUsersPageRoutes } from './users.tsx';
import type { AdminServices } from './visit.ts';
import { adminWebhookPageRoutes } from './webhook.tsx';
import { adminWebhooksPageRoutes } from './webhooks.tsx';

/** The pages where operators manage a realm. */
export function adminPageRoutes(services: AdminServices) {
  return new Hono<AppEnv>()
    .route('/', adminOverviewPageRoutes(services))
    .route('/', adminSearchPageRoutes(services))
    .route('/', adminActivityPageRoutes(services))
    .route('/', adminMailPageRoutes(services))
    .route('/', adminBillingPageRoutes(services))
    .route('/', adminPlansPageRoutes(services))
    .route('/', adminRealmsPageRoutes(services))
    .route('/', adminKeysPageRoutes(services))
    .route('/', adminClientsPageRoutes(services))
    .route('/', adminResourcesPageRoutes(services))
    .route('/', adminWebhooksPageRoutes(services))
    .route('/', adminWebhookPageRoutes(services))
    .route('/', adminUsersPageRoutes(services))
    .route('/', adminNewUserPageRoutes(services))
    .route('/', adminUserPageRoutes(services))
    .route('/', adminOrganizationsPageRoutes(services))
    .route('/', adminOrganizationPageRoutes(services));
}
