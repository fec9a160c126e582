import { z } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { ApiError } from '../errors.ts';
import type { Levels } from '../http/levels.ts';
import { listShape } from '../http/list-schemas.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { MAX_PICTURE_BYTES } from '../images/picture-store.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import {
  moveShape,
  NewRealm,
  NewRealmMove,
  RealmListSchema,
  RealmMoveSchema,
  RealmPatch,
  RealmPictureParams,
  RealmQuery,
  RealmSchema,
  realmShape,
} from './admin-schemas.ts';
import type { RealmAdmin } from './admin-service.ts';
import type { RealmMoves } from './move-service.ts';

const RealmId = z.object({ id: z.string().openapi({ example: DEFAULT_REALM }) });

const limitUpload = bodyLimit({
  maxSize: MAX_PICTURE_BYTES,
  onError: () => {
    throw new ApiError('payload_too_large', { detail: 'At most 2 MiB.' });
  },
});

const image = { schema: z.string().openapi({ type: 'string', format: 'binary' }) };

/** `/v1/admin/realms`: pools of users and their policies. */
export function realmRoutes(realms: RealmAdmin, moves: RealmMoves, levels: Levels) {
  const admin = { tags: ['Admin: realms'], level: levels.admin() };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.realms.list',
        method: 'get',
        path: '/v1/admin/realms',
        ...admin,
        level: levels.owner(),
        summary: 'All realms',
        description: 'For owners; by id.',
        request: { query: RealmQuery },
        responses: responses({ 200: json(RealmListSchema, 'A page') }, { codes: ['validation_failed'] }),
      }),
      async (c) => {
        const { limit, cursor = null } = c.req.valid('query');
        return c.json(listShape(await realms.list(actorOf(c), { after: cursor, limit }), realmShape), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.realms.create',
        method: 'post',
        path: '/v1/admin/realms',
        ...admin,
        level: levels.owner({ fresh: true }),
        summary: 'Make a realm',
        description: 'For owners.',
        request: jsonBody(NewRealm),
        responses: responses(
          { 201: json(RealmSchema, 'The realm') },
          { codes: ['realm_exists'], body: true },
        ),
      }),
      async (c) => c.json(realmShape(await realms.create(c.req.valid('json'), actorOf(c))), 201),
    )
    .openapi(
      createRoute({
        operationId: 'admin.realms.get',
        method: 'get',
        path: '/v1/admin/realms/{id}',
        ...admin,
        summary: 'A realm',
        description: 'For owners; for admins their own.',
        request: { params: RealmId },
        responses: responses({ 200: json(RealmSchema, 'The realm') }),
      }),
      async (c) => {
        const row = await realms.get(c.req.valid('param').id, actorOf(c), c.get('realm').id);
        return c.json(realmShape(row), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.realms.update',
        method: 'patch',
        path: '/v1/admin/realms/{id}',
        ...admin,
        level: levels.admin({ fresh: true }),
        summary: 'Change the policy of a realm',
        description: 'In force everywhere within 30 seconds. For owners; for admins their own.',
        request: { params: RealmId, ...jsonBody(RealmPatch) },
        responses: responses(
          { 200: json(RealmSchema, 'The realm as changed') },
          { codes: ['conflict'], body: true },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const row = await realms.update(id, c.req.valid('json'), actorOf(c), c.get('realm').id);
        return c.json(realmShape(row), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.realms.pictures.put',
        method: 'put',
        path: '/v1/admin/realms/{id}/pictures/{picture}',
        ...admin,
        level: levels.admin({ fresh: true }),
        summary: 'Put up a picture of a realm',
        description:
          'The image itself is the body: PNG, JPEG or WebP by its content, at most 2 MiB and 4096 by 4096 pixels, not animated. Metadata such as the place is removed, and the picture before is deleted. `PATCH …/realms/{id}` takes it away. For owners; for admins their own.',
        middleware: limitUpload,
        request: {
          params: RealmPictureParams,
          body: {
            required: true,
            content: { 'image/png': image, 'image/jpeg': image, 'image/webp': image },
          },
        },
        responses: responses(
          { 200: json(RealmSchema, 'The realm with its new picture') },
          { codes: ['conflict', 'payload_too_large', 'validation_failed'] },
        ),
      }),
      async (c) => {
        const { id, picture } = c.req.valid('param');
        const bytes = new Uint8Array(await c.req.arrayBuffer());
        const row = await realms.putPicture(id, picture, bytes, actorOf(c), c.get('realm').id);
        return c.json(realmShape(row), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.realms.move.start',
        method: 'post',
        path: '/v1/admin/realms/{id}/move',
        ...admin,
        level: levels.owner({ fresh: true }),
        summary: 'Move a realm to another database',
        description:
          'Begins a move, which goes on by steps: each minute by itself, or as fast as `…/move/step` is called. Nobody is signed out, and no sign-in fails meanwhile. For owners.',
        request: { params: RealmId, ...jsonBody(NewRealmMove) },
        responses: responses({ 201: json(RealmMoveSchema, 'The move') }, { codes: ['conflict'], body: true }),
      }),
      async (c) => {
        const move = await moves.start(c.req.valid('param').id, c.req.valid('json').database, actorOf(c));
        return c.json(moveShape(move), 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.realms.move.get',
        method: 'get',
        path: '/v1/admin/realms/{id}/move',
        ...admin,
        level: levels.owner(),
        summary: 'How far the move of a realm has come',
        description: 'For owners.',
        request: { params: RealmId },
        responses: responses({ 200: json(RealmMoveSchema, 'The move') }, { codes: ['realm_not_moving'] }),
      }),
      async (c) => c.json(moveShape(await moves.get(c.req.valid('param').id, actorOf(c))), 200),
    )
    .openapi(
      createRoute({
        operationId: 'admin.realms.move.step',
        method: 'post',
        path: '/v1/admin/realms/{id}/move/step',
        ...admin,
        level: levels.owner({ fresh: true }),
        summary: 'Go on with the move of a realm',
        description:
          'Takes a step of a few seconds. A step that fails is taken again by the next. For owners.',
        request: { params: RealmId },
        responses: responses(
          { 200: json(RealmMoveSchema, 'The move after it') },
          { codes: ['realm_not_moving', 'conflict'] },
        ),
      }),
      async (c) => c.json(moveShape(await moves.step(c.req.valid('param').id, actorOf(c))), 200),
    )
    .openapi(
      createRoute({
        operationId: 'admin.realms.move.confirm',
        method: 'post',
        path: '/v1/admin/realms/{id}/move/confirm',
        ...admin,
        level: levels.owner({ fresh: true }),
        summary: 'Confirm the move of a realm',
        description:
          'Has the copy in the old database deleted, from a minute after the switch on. There is no way back then. For owners.',
        request: { params: RealmId },
        responses: responses(
          { 200: json(RealmMoveSchema, 'The move') },
          { codes: ['realm_not_moving', 'conflict'] },
        ),
      }),
      async (c) => c.json(moveShape(await moves.confirm(c.req.valid('param').id, actorOf(c))), 200),
    )
    .openapi(
      createRoute({
        operationId: 'admin.realms.move.back',
        method: 'post',
        path: '/v1/admin/realms/{id}/move/back',
        ...admin,
        level: levels.owner({ fresh: true }),
        summary: 'Take the move of a realm back',
        description:
          'Before the switch it ends; after the switch, until it is confirmed, the realm moves back with all that was written since. For owners.',
        request: { params: RealmId },
        responses: responses(
          { 200: json(RealmMoveSchema, 'The move') },
          { codes: ['realm_not_moving', 'conflict'] },
        ),
      }),
      async (c) => c.json(moveShape(await moves.back(c.req.valid('param').id, actorOf(c))), 200),
    );
}
