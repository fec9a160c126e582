import { creditAdminRoutes } from '../credits/admin-routes.ts';
import { featureRouter } from '../http/openapi.ts';
import type { Access } from '../http/service-authentication.ts';
import { outboxRoutes } from '../messages/admin-routes.ts';
import { realmRoutes } from '../realms/admin-routes.ts';
import { userSessionRoutes } from '../sessions/admin-routes.ts';
import { signingKeyRoutes } from '../signing-keys/admin-routes.ts';
import { dashboardRoutes } from './dashboard-routes.ts';
import { logRoutes } from './logs-routes.ts';
import type { Admin } from './service.ts';
import { userActRoutes } from './user-acts-routes.ts';
import { adminUserRoutes } from './users-routes.ts';

/** `/v1/admin`: what operators do. Plans, use and API keys have their routes where they are at home. */
export function adminRoutes(admin: Admin, access: Access) {
  return featureRouter()
    .route('/', dashboardRoutes(admin.statistics, access))
    .route('/', adminUserRoutes(admin.users, admin.acts, access))
    .route('/', userActRoutes(admin.acts, access))
    .route('/', userSessionRoutes(admin.sessions, access))
    .route('/', creditAdminRoutes(admin.credits, access))
    .route('/', logRoutes(admin.logs, access))
    .route('/', outboxRoutes(admin.outbox, access))
    .route('/', realmRoutes(admin.realms, access))
    .route('/', signingKeyRoutes(admin.signingKeys, access));
}
