import { featureRouter } from '../http/openapi.ts';
import type { Access } from '../http/service-authentication.ts';
import { dashboardRoutes } from './dashboard-routes.ts';
import { logRoutes } from './logs-routes.ts';
import type { Admin } from './service.ts';
import { userActRoutes } from './user-acts-routes.ts';
import { adminUserRoutes } from './users-routes.ts';

/** `/v1/admin`: users, dashboard and logs. What operators do with a feature has its routes beside the feature. */
export function adminRoutes(admin: Admin, access: Access) {
  return featureRouter()
    .route('/', dashboardRoutes(admin.statistics, access))
    .route('/', adminUserRoutes(admin.users, admin.acts, access))
    .route('/', userActRoutes(admin.acts, access))
    .route('/', logRoutes(admin.logs, access));
}
