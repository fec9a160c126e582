import { z } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { UserSchema, userShape } from '../directory/schemas.ts';
import { ApiError } from '../errors.ts';
import { type Levels, PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { MAX_PICTURE_BYTES, type PictureStore } from '../images/picture-store.ts';
import type { Avatars } from './avatar-service.ts';

const limitUpload = bodyLimit({
  maxSize: MAX_PICTURE_BYTES,
  onError: () => {
    throw new ApiError('payload_too_large', { detail: 'At most 2 MiB.' });
  },
});

const image = { schema: z.string().openapi({ type: 'string', format: 'binary' }) };

/** Profile pictures: upload, removal, and the public address at which they and those of realms are served. */
export function avatarRoutes(avatars: Avatars, pictures: PictureStore, levels: Levels) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.avatar.upload',
        method: 'put',
        path: '/v1/me/avatar',
        tags: ['Account'],
        summary: 'Upload a picture',
        description:
          'The image itself is the body: PNG, JPEG or WebP by its content, at most 2 MiB and 4096 by 4096 pixels, not animated. Metadata such as the place is removed. Needs a verified address.',
        level: levels.verified(),
        middleware: limitUpload,
        request: {
          body: {
            required: true,
            content: { 'image/png': image, 'image/jpeg': image, 'image/webp': image },
          },
        },
        responses: responses(
          { 200: json(UserSchema, 'The user with the new picture') },
          {
            codes: ['origin_not_allowed', 'payload_too_large', 'validation_failed'],
          },
        ),
      }),
      async (c) => {
        const bytes = new Uint8Array(await c.req.arrayBuffer());
        return c.json(userShape(await avatars.replace(c.get('principal').userId, bytes)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.avatar.delete',
        method: 'delete',
        path: '/v1/me/avatar',
        tags: ['Account'],
        summary: 'Remove the picture',
        level: levels.verified(),
        responses: responses({ 204: { description: 'Removed' } }, { codes: ['origin_not_allowed'] }),
      }),
      async (c) => {
        await avatars.remove(c.get('principal').userId);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'avatars.get',
        method: 'get',
        path: '/avatars/{key}',
        level: PUBLIC,
        tags: ['Account'],
        summary: 'A picture',
        description: 'Of a user, or of a realm’s pages.',
        request: { params: z.object({ key: z.string() }) },
        responses: responses(
          { 200: { description: 'The image', content: { 'image/*': image } } },
          { codes: ['not_found'] },
        ),
      }),
      async (c) => {
        const { body, type, etag } = await pictures.get(c.req.valid('param').key);
        c.header('Content-Type', type);
        c.header('Cache-Control', 'public, max-age=31536000, immutable');
        c.header('Cross-Origin-Resource-Policy', 'cross-origin');
        c.header('ETag', etag);
        return c.body(body, 200);
      },
    );
}
