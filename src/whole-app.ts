import { lazy } from './lib/lazy.ts';

// What an isolate has not from its start: evaluated when it is first asked for.

/** All routes. */
export const wholeApp = lazy(() => import('./app.ts'));

/** All services. */
export const wholeServices = lazy(() => import('./services.ts'));

/** The jobs of Cron Triggers and queues. */
export const jobs = lazy(() => import('./cron.ts'));

/** The interfaces of older services. */
export const olderServices = lazy(() => import('./compat/dialects.ts'));
