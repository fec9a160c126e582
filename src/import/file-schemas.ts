import { z } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { ApiError, fieldError } from '../errors.ts';
import type { AppContext } from '../http/context.ts';
import { type FileFormat, FORMATS, readRecords } from './file.ts';
import { FileError, type FileRecord } from './record.ts';

const MAX_BYTES = 1024 * 1024;

/** Refuses a body that is larger than a request of an import may be. */
export const limitFile = bodyLimit({
  maxSize: MAX_BYTES,
  onError: () => {
    throw new ApiError('payload_too_large', { detail: 'At most 1 MiB.' });
  },
});

const file = { schema: z.string().openapi({ type: 'string', format: 'binary' }) };

/** Such a body as the document has it, by the types that it may be of. */
export function fileContent<Type extends string>(...types: Type[]): Record<Type, typeof file> {
  return Object.fromEntries(types.map((type) => [type, file])) as Record<Type, typeof file>;
}

/** The records of the body, at most so many. Throws `unsupported_media_type`, and 422 when the body is not such a file. */
export async function recordsOf(
  c: AppContext,
  most: number,
  formats: Readonly<Record<string, FileFormat>> = FORMATS,
): Promise<FileRecord[]> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  const format = Object.hasOwn(formats, type) ? formats[type] : undefined;
  if (!format) {
    const detail = `Send \`Content-Type\` as one of ${Object.keys(formats).join(', ')}.`;
    throw new ApiError('unsupported_media_type', { detail });
  }
  try {
    const records = readRecords(await c.req.arrayBuffer(), format, most + 1);
    if (records.length === 0) throw new FileError('no_rows', 'The file has no rows.');
    if (records.length > most) throw new FileError('too_many_rows', `At most ${most} rows a request.`);
    return records;
  } catch (error) {
    if (error instanceof FileError) throw fieldError('body', error.code, error.message);
    throw error;
  }
}
