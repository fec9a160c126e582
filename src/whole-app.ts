import { lazy } from './lib/lazy.ts';

/** All of the Worker, evaluated when it is first asked for. */
export const wholeApp = lazy(() => import('./app.ts'));
