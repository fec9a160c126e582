import type { Levels } from '../http/levels.ts';
import { featureRouter } from '../http/openapi.ts';
import { dashboardRoutes } from './dashboard-routes.ts';
import { logRoutes } from './logs-routes.ts';
import type { Admin } from './service.ts';
import { userActRoutes } from './user-acts-routes.ts';
import { adminUserRoutes } from './users-routes.ts';

/** `/v1/admin`: users, dashboard and logs. What operators do with a feature has its routes beside the feature. */
export function adminRoutes(admin: Admin, levels: Levels) {
  return featureRouter()
    .route('/', dashboardRoutes(admin.statistics, levels))
    .route('/', adminUserRoutes(admin.users, admin.acts, levels))
    .route('/', userActRoutes(admin.acts, levels))
    .route('/', logRoutes(admin.logs, levels));
}
