import { PreferencesPatch, PreferencesSchema } from '../directory/schemas.ts';
import { type Authenticator, requireUser } from '../http/authentication.ts';
import { createRoute, featureRouter, json, jsonBody, responses, USER_SECURITY } from '../http/openapi.ts';
import type { Profiles } from './service.ts';

/** What an app keeps about its user. */
export function preferencesRoutes(profiles: Profiles, authenticator: Authenticator) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.preferences.get',
        method: 'get',
        path: '/v1/me/preferences',
        tags: ['Account'],
        summary: 'The preferences',
        security: USER_SECURITY,
        middleware: [requireUser(authenticator)] as const,
        responses: responses({ 200: json(PreferencesSchema, 'The preferences') }, { user: true }),
      }),
      async (c) => {
        const { userId, bookmark } = c.get('principal');
        return c.json(await profiles.preferences(userId, bookmark), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.preferences.replace',
        method: 'put',
        path: '/v1/me/preferences',
        tags: ['Account'],
        summary: 'Replace the preferences',
        security: USER_SECURITY,
        middleware: [requireUser(authenticator)] as const,
        request: jsonBody(PreferencesSchema),
        responses: responses(
          { 200: json(PreferencesSchema, 'The preferences as kept') },
          { user: true, body: true },
        ),
      }),
      async (c) => {
        const preferences = c.req.valid('json');
        await profiles.replacePreferences(c.get('principal').userId, preferences);
        return c.json(preferences, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.preferences.update',
        method: 'patch',
        path: '/v1/me/preferences',
        tags: ['Account'],
        summary: 'Change some of the preferences',
        description: 'By the rules of JSON Merge Patch (RFC 7396).',
        security: USER_SECURITY,
        middleware: [requireUser(authenticator)] as const,
        request: jsonBody(PreferencesPatch),
        responses: responses(
          { 200: json(PreferencesSchema, 'The preferences as kept') },
          { user: true, body: true },
        ),
      }),
      async (c) => {
        const { userId } = c.get('principal');
        return c.json(await profiles.patchPreferences(userId, c.req.valid('json')), 200);
      },
    );
}
