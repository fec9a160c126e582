import { CATALOGUE, type ErrorCode } from '../errors.ts';
import { ERROR_HELP } from './error-help.ts';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8884; padding: .5rem .75rem .5rem 0; text-align: left; vertical-align: top; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
td p { margin: .25rem 0 0; }
tr:target { background: #fc03; }
`;

/** Where the guides are: pages among the static assets, so that the Worker does not carry them. */
const guides = <a href="/docs/guides">Guides</a>;

const SWAGGER_STYLE = `
:root { color-scheme: light dark; }
html.dark-mode, html.dark-mode body { background: #1c2022; color: #e4e6e6; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 1rem 1.25rem; font-family: system-ui, sans-serif; }
nav a { color: #1d4ed8; }
html.dark-mode nav a { color: #93b4ff; }
nav a[aria-current] { color: inherit; font-weight: 600; text-decoration: none; }
`;

/** Swagger UI over the document of Latchkey, or that of the interface `shown`; it leads to all of them. */
export function SwaggerPage({
  others,
  shown,
}: {
  others: readonly { name: string; title: string }[];
  shown?: { name: string; title: string };
}) {
  const all = [{ name: null, title: 'Latchkey (/v1)' }, ...others];
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{shown ? `${shown.title}: Latchkey API` : 'Latchkey API'}</title>
        <link rel="stylesheet" href="/docs/swagger-ui.css" />
        <style>{SWAGGER_STYLE}</style>
      </head>
      <body>
        <nav aria-label="Documents">
          {guides}
          {others.length > 0 &&
            all.map(({ name, title }) => (
              <a
                href={name === null ? '/docs' : `/docs/${name}`}
                aria-current={name === (shown?.name ?? null) ? 'page' : undefined}
              >
                {title}
              </a>
            ))}
        </nav>
        <div id="ui" data-document={shown ? `/docs/${shown.name}/openapi.json` : '/openapi.json'} />
        <script src="/docs/swagger-ui-bundle.js" />
        <script src="/docs/start.js" />
      </body>
    </html>
  );
}

/** Starts Swagger UI, in the colours that the reader wants; a file of its own, because the page allows no inline script. */
export const swaggerStart = `const dark = matchMedia('(prefers-color-scheme: dark)');
const paint = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
paint();
dark.addEventListener('change', paint);
SwaggerUIBundle({
  url: document.getElementById('ui').dataset.document, dom_id: '#ui', deepLinking: true, persistAuthorization: false,
  tryItOutEnabled: true,
});`;

/** Redoc over the document. */
export const redocPage = (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Latchkey API reference</title>
      <style>{'body { margin: 0 }'}</style>
    </head>
    <body>
      <p style="margin: 1rem; font-family: sans-serif">{guides}</p>
      <redoc spec-url="/openapi.json" />
      <script src="/docs/redoc.standalone.js" />
    </body>
  </html>
);

/** The catalogue: where the `type` of every problem points. */
export const errorsPage = (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Latchkey error codes</title>
      <style>{STYLE}</style>
    </head>
    <body>
      <h1>Error codes</h1>
      <p>
        Every failure answers with an RFC 9457 problem (<code>application/problem+json</code>) whose{' '}
        <code>code</code> is one of these. How to use, run and change Latchkey is in the {guides}.
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Code</th>
            <th scope="col">Status</th>
            <th scope="col">Meaning, cause and mend</th>
          </tr>
        </thead>
        <tbody>
          {(Object.keys(CATALOGUE) as ErrorCode[]).map((code) => (
            <tr id={code}>
              <td>
                <code>{code}</code>
              </td>
              <td>{CATALOGUE[code].status}</td>
              <td>
                <b>{CATALOGUE[code].title}</b>
                <p>{withCode(ERROR_HELP[code].cause)}</p>
                <p>{withCode(ERROR_HELP[code].mend)}</p>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </body>
  </html>
);

/** Text whose parts between backticks are code. */
function withCode(text: string) {
  return text.split('`').map((part, at) => (at % 2 === 0 ? part : <code>{part}</code>));
}
