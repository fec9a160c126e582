import type { components, paths } from '../../../generated/openapi.ts';

type Schemas = components['schemas'];
/** A schema of the OpenAPI document. */
export type Canonical<Name extends keyof Schemas> = Schemas[Name];

/** Operations that the document leaves out: only clients of one older service use them. */
interface HiddenPaths {
  '/v1/auth/renew': {
    post: {
      requestBody: { content: { 'application/json': { access_token: string } } };
      responses: { 200: { content: { 'application/json': Canonical<'Tokens'> } } };
    };
  };
  '/v1/me/profile': { patch: paths['/v1/me']['patch'] };
  '/v1/auth/phone/send': {
    post: {
      requestBody: { content: { 'application/json': { user_id?: string; phone_number: string } } };
      responses: { 202: { content: { 'application/json': Canonical<'CodeSent'> } } };
    };
  };
  '/v1/auth/phone/verify': {
    post: {
      requestBody: {
        content: {
          'application/json': { user_id?: string; phone_number: string; code: string; challenge_id?: string };
        };
      };
      responses: { 200: { content: { 'application/json': Canonical<'SignedIn'> | { status: 'verified' } } } };
    };
  };
  '/v1/mail-templates': {
    get: {
      responses: {
        200: { content: { 'application/json': { data: { template: string; renders: boolean }[] } } };
      };
    };
  };
}

type Paths = paths & HiddenPaths;

/** A canonical operation: `GET /v1/users/{id}`. */
export type CanonicalOperation = {
  [Path in keyof Paths]: `${Uppercase<keyof Paths[Path] & string>} ${Path}`;
}[keyof Paths];

type Definition<O extends CanonicalOperation> = O extends `${infer Method} ${infer Path extends keyof Paths}`
  ? Lowercase<Method> extends keyof Paths[Path]
    ? Paths[Path][Lowercase<Method>]
    : never
  : never;

type JsonOf<Response> = Response extends { content: { 'application/json': infer Json } } ? Json : null;

/** The answer of a sign-in that waits for its second step, which older services would have refused: so it is for their clients. */
type Waiting = Canonical<'SecondStepNeeded'>;

/** The JSON of an operation's successful answer; null where the answer has no JSON. */
export type CanonicalAnswer<O extends CanonicalOperation> =
  Definition<O> extends { responses: infer Responses }
    ? {
        [Status in keyof Responses]: Status extends 200 | 201 | 202 | 204 | 302 | 303
          ? Exclude<JsonOf<Responses[Status]>, Waiting>
          : never;
      }[keyof Responses]
    : never;

declare const unchecked: unique symbol;

/**
 * A value that an older client sent and that nothing has checked. A row may pass it on wherever the canonical operation
 * takes a value: that operation validates it.
 */
export type Unchecked<Type = string | number | boolean | object> = Type & { readonly [unchecked]: true };

/** The fields of an operation's input. Every one may be unchecked or missing. */
type Unvalidated<Fields> = Fields extends Blob
  ? Fields
  : { [Name in keyof Fields]?: Fields[Name] | Unchecked | null };

type Parameters<O extends CanonicalOperation, Place extends 'path' | 'query'> =
  Definition<O> extends { parameters: { [P in Place]?: infer Fields } } ? Unvalidated<Fields> : never;

type Body<O extends CanonicalOperation> =
  Definition<O> extends { requestBody?: { content: infer Content } }
    ? Unvalidated<Content[keyof Content]>
    : never;

/** A request to a canonical operation. */
export interface CanonicalRequest<O extends CanonicalOperation> {
  /** The placeholders of the path. */
  params?: Parameters<O, 'path'>;
  /** The engine leaves out undefined values. */
  query?: Parameters<O, 'query'>;
  /** The engine sends a Blob as it is, and anything else as JSON; undefined is no body. */
  body?: Body<O> | undefined;
  /** Headers that replace those of the client. */
  headers?: Record<string, string>;
}

/** The body that an operation takes. */
export type CanonicalBody<O extends CanonicalOperation> = NonNullable<CanonicalRequest<O>['body']>;

/** Calls a canonical operation for the client and returns its JSON. A refusal ends the request with the row's error. */
export type CallCanonical = <O extends CanonicalOperation>(
  operation: O,
  request?: CanonicalRequest<O>,
) => Promise<CanonicalAnswer<O>>;
