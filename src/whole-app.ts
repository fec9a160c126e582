type App = typeof import('./app.ts');

let app: App | undefined;

/** All of the Worker, evaluated when it is first asked for. */
export async function wholeApp(): Promise<App> {
  app ??= await import('./app.ts');
  return app;
}
