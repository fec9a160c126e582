import { PreferencesPatch, PreferencesSchema } from '../directory/schemas.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import type { Profiles } from './service.ts';

/** What an app keeps about its user. */
export function preferencesRoutes(profiles: Profiles, levels: Levels) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.preferences.get',
        method: 'get',
        path: '/v1/me/preferences',
        tags: ['Account'],
        summary: 'The preferences',
        level: levels.user({ impersonation: true }),
        responses: responses({ 200: json(PreferencesSchema, 'The preferences') }, {}),
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
        level: levels.user(),
        request: jsonBody(PreferencesSchema),
        responses: responses({ 200: json(PreferencesSchema, 'The preferences as kept') }, { body: true }),
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
        level: levels.user(),
        request: jsonBody(PreferencesPatch),
        responses: responses({ 200: json(PreferencesSchema, 'The preferences as kept') }, { body: true }),
      }),
      async (c) => {
        const { userId } = c.get('principal');
        return c.json(await profiles.patchPreferences(userId, c.req.valid('json')), 200);
      },
    );
}
