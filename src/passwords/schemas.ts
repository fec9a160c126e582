import { z } from '@hono/zod-openapi';
import { EmailField, ProfileFields, UserSchema } from '../directory/schemas.ts';
import { TokensSchema } from '../sessions/schemas.ts';

/** A password as it is sent; whether it may be a new one is the policy's to say. */
export const PasswordField = z.string().min(1).max(512).openapi({
  description:
    '8 to 256 characters; as a new one not the present, one of the commonest, known from a breach, or little more than names of the user or the service',
  example: 'correct horse battery',
});

const sessionCookie = z.boolean().optional().openapi({
  description:
    'For browsers: keep the refresh token in an HttpOnly cookie instead of the answer. The request needs an allowed Origin.',
});

/** What somebody says of themselves who registers. */
const registration = {
  email: EmailField,
  password: PasswordField,
  username: ProfileFields.username.optional(),
  name: ProfileFields.name.optional(),
  given_name: ProfileFields.given_name.optional(),
  family_name: ProfileFields.family_name.optional(),
  phone_number: ProfileFields.phone_number.optional(),
  country: ProfileFields.country.optional(),
  locale: ProfileFields.locale.optional(),
};

export const RegisterBody = z
  .strictObject({ ...registration, session_cookie: sessionCookie })
  .openapi('Register');

/** What an anonymous user registers with, who has a session already. */
export const AnonymousRegisterBody = z.strictObject(registration).openapi('AnonymousRegister');

const { password: _, ...withoutPassword } = registration;

/** What somebody registers with who will sign in otherwise than by a password. */
export const PasswordlessRegisterFields = withoutPassword;

export const AnonymousBody = z
  .strictObject({ locale: ProfileFields.locale.optional(), session_cookie: sessionCookie })
  .openapi('Anonymous');

export const LoginBody = z
  .strictObject({
    identifier: z.string().min(1).max(254).openapi({
      description: 'E-mail address, username or phone number',
      example: 'ada@example.com',
    }),
    password: PasswordField,
    session_cookie: sessionCookie,
    refresh_token: z.string().max(300).optional().openapi({
      description:
        'For apps that keep no cookies: the last refresh token of this device. It shows that the user has signed in here before, so that guesses of strangers do not lock the device out',
    }),
  })
  .openapi('Login');

export const PasswordChangeBody = z
  .strictObject({ current_password: PasswordField, new_password: PasswordField })
  .openapi('PasswordChange');

export const ForgotBody = z.strictObject({ email: EmailField }).openapi('PasswordForgot');

export const ResetBody = z
  .strictObject({
    token: z.string().min(1).max(200),
    password: PasswordField,
    end_other_ways: z.boolean().optional().openapi({
      description:
        'Ends also phone numbers and accounts at providers that were added after the address was proven',
    }),
  })
  .openapi('PasswordReset');

export const SignedInSchema = TokensSchema.extend({
  user: UserSchema,
  password_breached: z.boolean().optional().openapi({
    description:
      'True when a password that was imported was found in a breach of another service at its first sign-in: ask the user to change it. They have a mail that does',
  }),
}).openapi('SignedIn');

export const PendingSchema = z
  .object({
    status: z.literal('verification_required'),
    user_id: z.string().openapi({
      description: "The user's, unless the address had one already, which the answer does not tell",
      example: 'usr_01j9zq7kfrv1tq0yw3c5d8e2ab',
    }),
  })
  .openapi('RegistrationPending');
