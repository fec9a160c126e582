import { vi } from 'vitest';
import type { Bindings } from '../../../src/config/config.ts';
import type { LevelDescription } from '../../../src/http/levels.ts';

// What only workerd has. The document needs the routes and their schemas, and none of these.
vi.mock('cloudflare:workers', () => ({
  DurableObject: class {},
  RpcTarget: class {},
  WorkerEntrypoint: class {},
  waitUntil: () => {},
}));
vi.mock('cloudflare:sockets', () => ({ connect: () => {} }));
vi.mock('@phi-ag/argon2/argon2.wasm', () => ({ default: {} }));

/** An operation of the OpenAPI document, as far as the guides show it. */
export interface Operation {
  operationId?: string;
  tags: string[];
  summary: string;
  'x-level': LevelDescription;
  security?: Record<string, string[]>[];
  responses: Record<string, { description: string }>;
}

/** The operations of the OpenAPI document by path and method, without a server. */
export async function readOperations(): Promise<Record<string, Record<string, Operation>>> {
  const { createApp } = await import('../../../src/app.ts');
  const { createServices } = await import('../../../src/services.ts');
  const { openApiDocument } = await import('../../../src/docs/document.ts');
  const origin = 'http://localhost:8787';
  const bindings = {
    DB: { withSession: () => ({}) },
    ORIGIN: origin,
    ENVIRONMENT: 'development',
    AUTH_SECRET: 'Z3VpZGVzLW9ubHktbm90LWEtc2VjcmV0LWF0LWFsbA',
  } as unknown as Bindings;
  const document = openApiDocument(createApp(createServices(bindings), bindings), origin);
  return document.paths as unknown as Record<string, Record<string, Operation>>;
}
