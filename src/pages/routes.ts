import { Hono, type MiddlewareHandler } from 'hono';
import type { OneTimeCodes } from '../codes/service.ts';
import type { AppEnv } from '../http/context.ts';
import { codeRoutes } from './code-routes.tsx';
import { type LinkServices, linkRoutes } from './link-routes.tsx';
import { registerRoutes } from './register-routes.tsx';
import { type ResetServices, resetRoutes } from './reset-routes.tsx';
import { type SignInServices, signInRoutes } from './sign-in-routes.tsx';

/** What the pages act through. */
export type PageServices = SignInServices & LinkServices & ResetServices & { codes: OneTimeCodes };

/** The pages of getting in: they work without JavaScript. */
export function pageRoutes(services: PageServices, signInLimit: MiddlewareHandler<AppEnv>) {
  return new Hono<AppEnv>()
    .route('/', signInRoutes(services, signInLimit))
    .route('/', registerRoutes(services, signInLimit))
    .route('/', codeRoutes(services, signInLimit))
    .route('/', linkRoutes(services, signInLimit))
    .route('/', resetRoutes(services, signInLimit));
}
