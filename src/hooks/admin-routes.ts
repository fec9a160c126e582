import type { Levels } from '../http/levels.ts';
import { listShape } from '../http/list-schemas.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import type { HookAdmin, ShownHook } from './admin-service.ts';
import { HookBody, HookListSchema, HookParams, HookTrial, HookWithSecret, hookShape } from './schemas.ts';

const PATH = '/v1/admin/hooks';

const shape = ({ row, publicKeys }: ShownHook) => hookShape(row, publicKeys);

/** `/v1/admin/hooks`: whom a realm asks before it acts, or has act in its place. */
export function hookRoutes(hooks: HookAdmin, levels: Levels) {
  const read = { tags: ['Hooks'], level: levels.admin() };
  const write = { tags: ['Hooks'], level: levels.admin({ fresh: true }) };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.hooks.list',
        method: 'get',
        path: PATH,
        ...read,
        summary: 'Whom the realm asks before it acts',
        responses: responses({ 200: json(HookListSchema, 'All of them') }, {}),
      }),
      async (c) => {
        const rows = await hooks.list(c.get('realm').id);
        const page = { rows, nextCursor: null, total: rows.length, totalIsExact: true };
        return c.json(listShape(page, shape), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.hooks.set',
        method: 'put',
        path: `${PATH}/{name}`,
        ...write,
        summary: 'Have somebody asked',
        description:
          'A hook has a second to answer, its request is signed by Standard Webhooks. In force everywhere within 30 seconds.',
        request: { params: HookParams, ...jsonBody(HookBody) },
        responses: responses(
          {
            200: json(HookWithSecret, 'The hook as changed'),
            201: json(HookWithSecret, 'The hook, with its secret'),
          },
          { body: true, codes: ['conflict'] },
        ),
      }),
      async (c) => {
        const { name } = c.req.valid('param');
        const set = await hooks.set(c.get('realm').id, name, c.req.valid('json'), actorOf(c));
        return c.json({ ...shape(set), secret: set.secret }, set.isNew ? 201 : 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.hooks.delete',
        method: 'delete',
        path: `${PATH}/{name}`,
        ...write,
        summary: 'Have nobody asked any more',
        request: { params: HookParams },
        responses: responses(
          { 204: { description: 'Deleted' } },
          { codes: ['hook_not_found', 'validation_failed'] },
        ),
      }),
      async (c) => {
        await hooks.delete(c.get('realm').id, c.req.valid('param').name, actorOf(c));
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.hooks.test',
        method: 'post',
        path: `${PATH}/{name}/test`,
        ...write,
        summary: 'Try a hook',
        description: 'Asks it with made-up data and `test: true`, and says what came of it.',
        request: { params: HookParams },
        responses: responses(
          { 200: json(HookTrial, 'What came of it') },
          { codes: ['hook_not_found', 'validation_failed'] },
        ),
      }),
      async (c) => c.json(await hooks.test(c.get('realm').id, c.req.valid('param').name, actorOf(c)), 200),
    );
}
