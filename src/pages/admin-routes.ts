import { Hono } from 'hono';
import type { AppEnv } from '../http/context.ts';
import { overviewRoutes } from './admin-overview.tsx';
import { userPageRoutes } from './admin-user.tsx';
import { newUserRoutes } from './admin-user-new.tsx';
import { userListRoutes } from './admin-users.tsx';
import type { AdminServices } from './admin-visit.ts';

/** The pages where operators look after a realm. */
export function adminPageRoutes(services: AdminServices) {
  return new Hono<AppEnv>()
    .route('/', overviewRoutes(services))
    .route('/', userListRoutes(services))
    .route('/', newUserRoutes(services))
    .route('/', userPageRoutes(services));
}
