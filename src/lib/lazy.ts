/**
 * A module that is evaluated when it is first asked for, and kept: what few requests need costs the others nothing at start. Once
 * it is there no request waits for another, as requests do that import the same at once.
 *
 * @example
 * const altcha = lazy(() => import('./altcha.ts'));
 * const { issueAltcha } = await altcha();
 */
export function lazy<Module>(load: () => Promise<Module>): () => Promise<Module> {
  let module: Module | undefined;
  return async () => {
    module ??= await load();
    return module;
  };
}
