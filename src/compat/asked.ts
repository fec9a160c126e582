import type { Context } from 'hono';
import { MAX_BODY } from '../http/body.ts';
import { MAX_AVATAR_BYTES } from '../profile/avatar-service.ts';
import type { Asked, Row } from './dialect.ts';

/** What surrounds the file of a multipart body, at most (bytes). */
const ENVELOPE = 16 * 1024;

/** A request without what is in its body. */
export function askedWithoutBody(c: Context): Asked {
  return { params: c.req.param(), query: c.req.query(), body: {}, file: null, headers: c.req.raw.headers };
}

/**
 * Reads a request of an older client. `raw` is the body to send on as it came, to be refused by the canonical operation:
 * one that is too large, of a type the row does not take, or that does not parse.
 */
export async function readAsked(
  c: Context,
  row: Row,
): Promise<{ asked: Asked; raw: Uint8Array<ArrayBuffer> | null }> {
  const asked = askedWithoutBody(c);
  const max = row.upload ? MAX_AVATAR_BYTES + ENVELOPE : MAX_BODY;
  const bytes = await readAtMost(c.req.raw, max + 1);
  if (bytes.byteLength === 0) return { asked, raw: null };
  if (bytes.byteLength > max) return { asked, raw: bytes };
  const type = asked.headers.get('content-type') ?? '';
  const parsed = await parse(bytes, type, row);
  return parsed ? { asked: { ...asked, ...parsed }, raw: null } : { asked, raw: bytes };
}

async function parse(
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
  row: Row,
): Promise<Pick<Asked, 'body' | 'file'> | null> {
  if (/^application\/json\s*(;|$)/i.test(type)) {
    const body = parseObject(bytes);
    return body && { body, file: null };
  }
  const isForm = row.form && /^application\/x-www-form-urlencoded\s*(;|$)/i.test(type);
  const isMultipart = (row.form || row.upload) && /^multipart\/form-data\s*;/i.test(type);
  if (!isForm && !isMultipart) return null;
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData().catch(() => null);
  if (!form) return null;
  const entries = [...form];
  const file = entries.map(([, value]) => value).find((value) => typeof value !== 'string') ?? null;
  return { body: Object.fromEntries(entries.filter(([, value]) => typeof value === 'string')), file };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** The body, or as much of it as shows that it is too large. */
async function readAtMost(request: Request, max: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length >= max) break;
  }
  return new Uint8Array(Buffer.concat(chunks));
}
