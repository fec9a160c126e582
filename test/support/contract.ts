import '@hyperjump/json-schema/formats-lite';
import {
  registerSchema,
  setShouldValidateFormat,
  type Validator,
  validate,
} from '@hyperjump/json-schema/openapi-3-1';
import { call } from './api.ts';

/** A part of the document, or of a schema in it. */
export type Json = Record<string, any>;

export interface Operation {
  /** As HTTP writes it: upper case. */
  method: string;
  path: string;
  definition: Json;
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

// A format that nobody asserts is an annotation (JSON Schema 2020-12, validation, 7.2.1).
setShouldValidateFormat(true);

/** The document as the Worker serves it. */
export async function readDocument(): Promise<Json> {
  return (await call<Json>('GET', '/openapi.json')).body;
}

/** Every operation of a document. */
export function operationsOf(document: Json): Operation[] {
  return Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      method: method.toUpperCase(),
      path,
      definition: item[method],
    })),
  );
}

/** The error codes that an operation declares for a status: its description names them in backticks. */
export function declaredCodes({ definition }: Operation, status: number | string): string[] {
  return [...(definition.responses[status]?.description ?? '').matchAll(/`(\w+)`: /g)].map(
    ([, code]) => code as string,
  );
}

/** Compiled schemas by their address: compiling costs far more than a request does. */
const validators = new Map<string, Validator>();

/** What is wrong with a value by the JSON Schema of that address; empty when nothing is. */
export async function violations(address: string, value: unknown): Promise<string[]> {
  const validator = validators.get(address) ?? (await validate(address));
  validators.set(address, validator);
  const output = validator(value as null, 'BASIC');
  if (output.valid) return [];
  return (output.errors ?? []).map(
    ({ instanceLocation, keyword }) => `${instanceLocation} ${keyword.split('/').at(-1)}`,
  );
}

let registered = 0;
/** Registers a schema that refers to the components of a document; gives its address. */
export function register(schema: Json, { components }: Json): string {
  registered += 1;
  const address = `https://contract.test/${registered}`;
  const $schema = 'https://spec.openapis.org/oas/3.1/dialect/base';
  registerSchema({ $schema, components, allOf: [schema] }, address);
  return address;
}

/**
 * The same schema, which also refuses what it does not declare: an answer that says more than the document does
 * may say too much. Members of `allOf` stay open, for each knows its own part only.
 */
export function closed(schema: Json, document: Json, isPart = false): Json {
  if (schema.$ref)
    return closed(document.components.schemas[schema.$ref.split('/').at(-1)], document, isPart);
  const each = (part: Json) => closed(part, document);
  const copy: Json = { ...schema };
  if (schema.properties) {
    copy.properties = Object.fromEntries(
      Object.entries<Json>(schema.properties).map(([name, property]) => [name, each(property)]),
    );
  }
  if (schema.items) copy.items = each(schema.items);
  for (const keyword of ['anyOf', 'oneOf']) if (schema[keyword]) copy[keyword] = schema[keyword].map(each);
  if (schema.allOf) copy.allOf = schema.allOf.map((part: Json) => closed(part, document, true));
  const isObject = schema.properties || schema.allOf;
  if (isObject && !isPart && schema.additionalProperties === undefined) copy.unevaluatedProperties = false;
  return copy;
}
