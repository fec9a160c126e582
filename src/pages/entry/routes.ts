import { Hono, type MiddlewareHandler } from 'hono';
import type { SignInLinks } from '../../codes/link-service.ts';
import type { OneTimeCodes } from '../../codes/service.ts';
import type { ChallengeGuard } from '../../http/challenge.ts';
import type { AppEnv } from '../../http/context.ts';
import { codePageRoutes } from './code.tsx';
import { type EmailAddressServices, emailAddressPageRoutes } from './email-address.tsx';
import { linkPageRoutes } from './link.tsx';
import { registerPageRoutes } from './register.tsx';
import { type ResetServices, resetPageRoutes } from './reset.tsx';
import { type SecondStepServices, secondStepPageRoutes } from './second-step.tsx';
import { type SignInServices, signInPageRoutes } from './sign-in.tsx';

/** What the pages for people who are not signed in act through. */
export type EntryServices = SignInServices &
  SecondStepServices &
  EmailAddressServices &
  ResetServices & { codes: OneTimeCodes; links: SignInLinks };

/** The pages for people who are not signed in. They work without JavaScript. */
export function entryPageRoutes(
  services: EntryServices,
  signInLimit: MiddlewareHandler<AppEnv>,
  guard: ChallengeGuard,
) {
  return new Hono<AppEnv>()
    .route('/', signInPageRoutes(services, signInLimit))
    .route('/', secondStepPageRoutes(services, signInLimit))
    .route('/', registerPageRoutes(services, signInLimit, guard))
    .route('/', codePageRoutes(services, signInLimit, guard))
    .route('/', linkPageRoutes(services, signInLimit, guard))
    .route('/', emailAddressPageRoutes(services, signInLimit))
    .route('/', resetPageRoutes(services, signInLimit, guard));
}
