import { DIALECT_TITLES, type DialectName } from '../lib/dialect-names.ts';
import { split } from './engine/canonical-request.ts';
import { wordsOf } from './engine/fields.ts';
import type { AnyRow, ClientRequest, Names } from './engine/row.ts';
import { fastApiError } from './fastapi/error.ts';

type Json = Record<string, unknown>;

/** As much of an operation of the canonical document as is read here. */
interface CanonicalOperation {
  summary?: string;
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; required?: boolean; schema?: Json }[];
  requestBody?: { content?: Record<string, { schema?: Json }> };
  responses?: Record<string, unknown>;
}

/** As much of the canonical document as is read here. */
export interface CanonicalDocument {
  paths?: object;
  components?: { schemas?: object; securitySchemes?: object };
}

/** What a canonical operation says of a field that a client sends under another name. */
interface Field {
  schema: Json;
  isRequired: boolean;
}

/**
 * The OpenAPI 3.1 document of a dialect, made from its rows and from what the canonical document says of the operations that
 * they lead to. `origin` is Latchkey's own, `spoken` are the dialects that are spoken.
 */
export function dialectDocument(
  name: DialectName,
  rows: readonly AnyRow[],
  canonical: CanonicalDocument,
  origin: string,
  spoken: ReadonlySet<DialectName>,
): Json {
  const paths: Record<string, Json> = {};
  for (const row of rows) {
    const [method, path] = split(row.from);
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(name, row, canonical, spoken) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `${DIALECT_TITLES[name]}, as Latchkey serves it`,
      version: '1',
      description: `The endpoints of clients of ${DIALECT_TITLES[name]}. What is different is in the guide /docs/guides/${name}.`,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: origin }],
    paths,
    components: { securitySchemes: canonical.components?.securitySchemes ?? {} },
  };
}

function operationOf(
  dialect: DialectName,
  row: AnyRow,
  canonical: CanonicalDocument,
  spoken: ReadonlySet<DialectName>,
): Json {
  const [method, path] = split(row.from);
  const [toMethod, toPath] = split(row.to);
  const operations = (canonical.paths ?? {}) as Record<string, Record<string, CanonicalOperation>>;
  const served = operations[toPath]?.[toMethod.toLowerCase()] ?? null;
  const fields = served ? fieldsOf(served, canonical) : new Map<string, Field>();
  const { body, query } = row.sends ? wordsOf(row) : namesAsTheyAre(served, fields);
  const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  const parameters = [
    ...placeholders.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.keys(query).map((name) => ({ name, in: 'query', schema: schemaOf(query, name, fields) })),
  ];
  const words = path.replaceAll(/[{}]/g, '').split('/').filter(Boolean);
  return {
    operationId: [dialect, method.toLowerCase(), ...words].join('.'),
    tags: [row.realm ? `Users of the realm ${row.realm}` : (words.slice(0, -1)[0] ?? words[0] ?? dialect)],
    summary: served?.summary ?? `Leads to ${row.page ?? row.to.split(' ')[1]}`,
    description: `Served by \`${row.to}\`${row.realm ? ` of the realm \`${row.realm}\`` : ''}.`,
    ...(parameters.length > 0 && { parameters }),
    ...(Object.keys(body).length > 0 && method !== 'GET' && { requestBody: bodyOf(row, body, fields) }),
    responses: responsesOf(row, served, spoken),
    ...(served?.security && { security: served.security }),
  };
}

/** The fields of an operation's body and query, by name. */
function fieldsOf(operation: CanonicalOperation, canonical: CanonicalDocument): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const { name, in: place, required = false, schema = {} } of operation.parameters ?? []) {
    if (place === 'query')
      fields.set(name, { schema: simple(resolved(schema, canonical)), isRequired: required });
  }
  const sent = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  for (const shape of sent ? shapesOf(sent, canonical) : []) {
    const required = (shape.required ?? []) as string[];
    for (const [name, schema] of Object.entries((shape.properties ?? {}) as Record<string, Json>)) {
      fields.set(name, { schema: simple(resolved(schema, canonical)), isRequired: required.includes(name) });
    }
  }
  return fields;
}

/** A schema, or each of those that it can be. */
function shapesOf(schema: Json, canonical: CanonicalDocument): Json[] {
  const whole = resolved(schema, canonical);
  const choices = (whole.oneOf ?? whole.anyOf) as Json[] | undefined;
  return choices ? choices.flatMap((choice) => shapesOf(choice, canonical)) : [whole];
}

function resolved(schema: Json, { components }: CanonicalDocument): Json {
  const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined;
  const schemas = (components?.schemas ?? {}) as Record<string, Json>;
  return name === undefined ? schema : (schemas[name] ?? {});
}

const KEPT = ['type', 'format', 'enum', 'description', 'example'];

/** What can be said of a field without the rest of the canonical document. */
function simple(schema: Json): Json {
  return Object.fromEntries(KEPT.flatMap((key) => (schema[key] === undefined ? [] : [[key, schema[key]]])));
}

/** The names of a row that sends everything on as it is. */
function namesAsTheyAre(
  operation: CanonicalOperation | null,
  fields: Map<string, Field>,
): { body: Names; query: Names } {
  const inQuery = (operation?.parameters ?? []).filter(({ in: place }) => place === 'query');
  const query = Object.fromEntries(inQuery.map(({ name }) => [name, name]));
  const body = [...fields.keys()].filter((name) => !Object.hasOwn(query, name));
  return { query, body: Object.fromEntries(body.map((name) => [name, name])) };
}

function schemaOf(names: Names, name: string, fields: Map<string, Field>): Json {
  const [field] = [names[name] ?? []].flat() as string[];
  return (field !== undefined && fields.get(field)?.schema) || {};
}

function bodyOf(row: AnyRow, names: Names, fields: Map<string, Field>): Json {
  const known = Object.entries(names);
  // Of several names for one field the first is that of the document.
  const required = known.filter(([name, field]) => {
    const isFirst = known.find(([, other]) => other === field)?.[0] === name;
    return isFirst && typeof field === 'string' && fields.get(field)?.isRequired;
  });
  const properties = Object.fromEntries(
    known.map(([name, field]) => [
      name,
      field === '' ? { type: 'string', format: 'binary' } : schemaOf(names, name, fields),
    ]),
  );
  const schema = {
    type: 'object',
    properties,
    ...(required.length > 0 && { required: required.map(([name]) => name) }),
  };
  const types = row.upload
    ? ['multipart/form-data']
    : ['application/json', ...(row.form ? ['application/x-www-form-urlencoded'] : [])];
  return { content: Object.fromEntries(types.map((type) => [type, { schema }])) };
}

const NOBODY_ASKED: ClientRequest = {
  params: {},
  query: {},
  body: {},
  file: null,
  headers: new Headers(),
  spoken: new Set(),
};

function responsesOf(row: AnyRow, served: CanonicalOperation | null, spoken: ReadonlySet<DialectName>): Json {
  const own = typeof row.status === 'function' ? row.status(spoken) : row.status;
  const canonical = Object.keys(served?.responses ?? {}).find((status) => /^[23]/.test(status));
  const isPage = !served && !row.sends;
  const status = String(own ?? canonical ?? (isPage ? 303 : 200));
  const hasBody = /^2/.test(status) && status !== '204';
  const refused = {
    type: 'about:blank',
    title: 'Why it was refused',
    status: 400,
    code: 'invalid_request',
    request_id: 'req_01j9zq7kfrv1tq0yw3c5d8e2ab',
  } as const;
  const example = JSON.parse(JSON.stringify((row.fails ?? fastApiError)(refused, row, NOBODY_ASKED)));
  return {
    [status]: {
      description: 'It is done',
      ...(hasBody && { content: { 'application/json': { schema: {} } } }),
    },
    default: {
      description: 'It is refused; `code` is of the catalogue at /docs/errors',
      content: { 'application/json': { schema: { type: 'object' }, example } },
    },
  };
}
