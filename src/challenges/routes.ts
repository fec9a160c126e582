import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { ChallengeSchema } from './schemas.ts';
import type { Challenges } from './service.ts';

/** Challenges, for clients that know that they will need one. */
export function challengeRoutes(challenges: Challenges) {
  return featureRouter().openapi(
    createRoute({
      operationId: 'auth.challenge.get',
      method: 'get',
      path: '/v1/auth/challenge',
      level: PUBLIC,
      tags: ['Sign-in'],
      summary: 'A challenge that a client solves to show that it is no robot',
      description:
        'Of the kind that the realm has chosen. `challenge_required` brings one too. The solution goes along in the header `Challenge-Solution`, once and within ten minutes: of `altcha` what its libraries make (JSON with `challenge` and `solution`, in base64), of `turnstile` the token of its widget.',
      responses: responses({ 200: json(ChallengeSchema, 'A challenge') }),
    }),
    async (c) => c.json(await challenges.issue(c.get('realm')), 200),
  );
}
