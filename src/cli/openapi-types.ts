import type { OpenApiDocument } from './openapi-document.ts';

type PathItem = NonNullable<OpenApiDocument['paths']>[string];
type OperationObject = NonNullable<PathItem['get']>;
type SchemaOrReference = NonNullable<NonNullable<OpenApiDocument['components']>['schemas']>[string];
type Schema = Exclude<SchemaOrReference, { $ref: string }>;
type Content = Record<string, { schema?: SchemaOrReference }>;

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;

/**
 * The TypeScript of an OpenAPI 3.1 document: `paths` and `components`, in the form that openapi-typescript gives them, so
 * that its clients (openapi-fetch) take them. That generator itself needs the compiler API of TypeScript 5.
 */
export function openApiTypes({ paths = {}, components = {}, webhooks = {} }: OpenApiDocument): string {
  const schemas = Object.entries(components.schemas ?? {}).map(([name, schema]) =>
    member(name, typeOf(schema), true, schema.description),
  );
  const items = Object.entries(paths).map(([path, item]) => member(path, pathItem(item)));
  const events = Object.entries(webhooks).map(([name, item]) => member(name, pathItem(item as PathItem)));
  return `/** The schemas of the OpenAPI document. */
export interface components ${block([member('schemas', block(schemas))])}

/** The operations of the OpenAPI document, by path and method. */
export interface paths ${block(items)}

/** What webhooks get, by the name of the event. */
export interface webhooks ${block(events)}
`;
}

/** The module that names the paths whose POST takes an `Idempotency-Key`, for clients that send one by themselves. */
export function keyedOperations({ paths = {} }: OpenApiDocument): string {
  const keyed = Object.entries(paths).flatMap(([path, item]) => {
    const parameters = item.post?.parameters ?? [];
    return parameters.some((one) => 'in' in one && one.in === 'header' && one.name === 'idempotency-key')
      ? path
      : [];
  });
  return `/** The paths whose POST takes an \`Idempotency-Key\`. */
export const KEYED: ReadonlySet<string> = new Set(${JSON.stringify(keyed)});
`;
}

function pathItem(item: PathItem): string {
  return block(
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? member(method, operationType(operation), true, operation.summary) : [];
    }),
  );
}

function operationType({ parameters = [], requestBody, responses = {} }: OperationObject): string {
  const places = (['path', 'query', 'header', 'cookie'] as const).map((place) => {
    const here = parameters.flatMap((one) => ('in' in one && one.in === place ? one : []));
    const members = here.map(({ name, schema = {}, required, description }) =>
      member(name, typeOf(schema), required, description),
    );
    const isRequired = here.some(({ required }) => required);
    return here.length > 0 ? member(place, block(members), isRequired) : `${place}?: never;`;
  });
  const body =
    requestBody && 'content' in requestBody
      ? member('requestBody', contentType(requestBody.content), requestBody.required)
      : 'requestBody?: never;';
  const answers = Object.entries(responses).map(([status, response]) =>
    member(status, contentType(response.content)),
  );
  return block([member('parameters', block(places)), body, member('responses', block(answers))]);
}

function contentType(content: Content | undefined): string {
  if (!content) return '{ content?: never }';
  const types = Object.entries(content).map(([type, { schema = {} }]) => member(type, typeOf(schema)));
  return `{ content: ${block(types)} }`;
}

/** The type of a schema; `unknown` where its keywords do not limit the form of a value. */
function typeOf(schema: SchemaOrReference): string {
  if ('$ref' in schema) return `components['schemas'][${JSON.stringify(schema.$ref?.split('/').at(-1))}]`;
  const { type = [], allOf = [] } = schema;
  const all = allOf.map(typeOf);
  for (const some of [schema.anyOf, schema.oneOf]) if (some) all.push(some.map(typeOf).join(' | '));
  if (schema.enum) all.push(schema.enum.map((value) => JSON.stringify(value)).join(' | '));
  else if (type.length > 0)
    all.push(
      [type]
        .flat()
        .map((kind) => typeOfKind(kind, schema))
        .join(' | '),
    );
  return all.length > 0 ? all.map((one) => `(${one})`).join(' & ') : 'unknown';
}

function typeOfKind(kind: string, schema: Schema): string {
  switch (kind) {
    case 'integer':
      return 'number';
    case 'string':
      return schema.format === 'binary' ? 'Blob' : 'string';
    case 'array':
      return `(${typeOf(schema.items ?? {})})[]`;
    case 'object':
      return objectType(schema);
    default:
      return kind;
  }
}

function objectType({ properties, required = [], additionalProperties: others }: Schema): string {
  const members = Object.entries(properties ?? {}).map(([name, schema]) =>
    member(name, typeOf(schema), required.includes(name), schema.description),
  );
  const all = properties ? [block(members)] : [];
  if (others || !properties) {
    all.push(`{ [name: string]: ${typeof others === 'object' ? typeOf(others) : 'unknown'} }`);
  }
  return all.join(' & ');
}

function member(name: string, type: string, required = true, description?: string): string {
  const comment = description ? `/** ${description.replaceAll('*/', '*\\/')} */\n` : '';
  const key = /^([a-z_]\w*|\d+)$/i.test(name) ? name : JSON.stringify(name);
  return `${comment}${key}${required ? '' : '?'}: ${type};`;
}

function block(members: string[]): string {
  return `{\n${members.join('\n')}\n}`;
}
