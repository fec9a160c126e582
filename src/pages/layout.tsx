import type { Child } from 'hono/jsx';

/** How a realm looks to its users. */
export interface PageBrand {
  name: string;
  color: string;
}

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; --ground: #f4f5f7; --card: #fff; --ink: #1b1f24;
  --soft: #57606a; --line: #8c959f; --bad: #a40e26; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0d1117; --card: #161b22; --ink: #e6edf3; --soft: #9198a1; --line: #6e7681; --bad: #ff8182; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink); display: grid; place-items: center;
  padding: 1.5rem; }
main { width: 100%; max-width: 26rem; background: var(--card); padding: 2rem; border-radius: .75rem;
  border-top: .25rem solid var(--brand); box-shadow: 0 1px 3px #0003; }
p.brand { margin: 0 0 1.5rem; color: var(--soft); font-weight: 600; }
h1 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.25; }
form { display: grid; gap: 1rem; margin-top: 1.5rem; }
label { display: grid; gap: .375rem; font-weight: 600; }
input { font: inherit; color: inherit; background: transparent; padding: .625rem .75rem; width: 100%;
  border: 1px solid var(--line); border-radius: .375rem; }
.hint { font-weight: 400; color: var(--soft); font-size: .875rem; }
button { font: inherit; font-weight: 600; padding: .75rem 1rem; border: 0; border-radius: .375rem; cursor: pointer;
  background: var(--brand); color: var(--on-brand); }
:focus-visible { outline: .1875rem solid var(--brand); outline-offset: .125rem; }
.error { color: var(--bad); font-weight: 600; }
`;

/** Black or white, whichever can be read on a colour (WCAG 2.2, relative luminance). */
export function inkOn(color: string): '#000' | '#fff' {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff';
}

/** The frame of every page for people. */
export function Page(props: { brand: PageBrand; title: string; children: Child }) {
  const { brand, title, children } = props;
  const colors = `:root { --brand: ${brand.color}; --on-brand: ${inkOn(brand.color)}; }`;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{`${title} · ${brand.name}`}</title>
        <style>{STYLE + colors}</style>
      </head>
      <body>
        <main>
          <p class="brand">{brand.name}</p>
          <h1>{title}</h1>
          {children}
        </main>
      </body>
    </html>
  );
}
