import { ADMIN_PAGES, AdminFrame } from './admin-frame.tsx';
import { adminPage } from './admin-page.ts';
import type { AdminServices } from './admin-visit.ts';

/** What operators look at first. */
export function overviewRoutes(services: AdminServices) {
  return adminPage(services, {
    path: ADMIN_PAGES.overview,
    render: async (_, visit) => {
      const board = await services.admin.statistics.dashboard(visit.realmId);
      return (
        <AdminFrame visit={visit} page="overview">
          <p>{board.users.total}</p>
        </AdminFrame>
      );
    },
  });
}
