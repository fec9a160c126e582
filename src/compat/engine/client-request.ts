import type { Context } from 'hono';
import { MAX_BODY } from '../../http/body.ts';
import { MAX_PICTURE_BYTES } from '../../images/picture-store.ts';
import type { DialectName } from '../../lib/dialect-names.ts';
import type { AnyRow, ClientRequest } from './row.ts';

/** The most bytes of a multipart body that are not the file. */
const ENVELOPE = 16 * 1024;

/** Returns an older client's request without its body. `spoken` are the dialects that are spoken. */
export function clientRequestWithoutBody(c: Context, spoken: ReadonlySet<DialectName>): ClientRequest {
  return {
    params: c.req.param() as ClientRequest['params'],
    query: c.req.query() as ClientRequest['query'],
    body: {},
    file: null,
    headers: c.req.raw.headers,
    spoken,
  };
}

/**
 * Reads the body of an older client's request, of which `bare` has the rest. `raw` is a body that the canonical operation must refuse, so it is sent on unchanged:
 * the body is too large, has a type that the row does not take, or does not parse.
 */
export async function readClientRequest(
  c: Context,
  row: AnyRow,
  bare: ClientRequest,
): Promise<{ asked: ClientRequest; raw: Uint8Array<ArrayBuffer> | null }> {
  const asked = bare;
  const max = row.upload ? MAX_PICTURE_BYTES + ENVELOPE : MAX_BODY;
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
  row: AnyRow,
): Promise<Pick<ClientRequest, 'body' | 'file'> | null> {
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
  const texts = Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'));
  return { body: texts as ClientRequest['body'], file };
}

function parseObject(bytes: Uint8Array): ClientRequest['body'] | null {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Reads the body, or as much of it as shows that it is too large. */
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
