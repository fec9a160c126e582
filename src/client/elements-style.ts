const CSS = `
:host {
  --ink: var(--latchkey-ink, light-dark(#17191e, #eff0f3));
  --soft: var(--latchkey-soft, light-dark(#5c6370, #a3aab6));
  --ground: var(--latchkey-ground, light-dark(#ffffff, #1a1c21));
  --line: var(--latchkey-line, light-dark(#e3e5ea, #31343c));
  --edge: var(--latchkey-edge, light-dark(#c9cdd5, #474c56));
  --primary: var(--latchkey-primary, light-dark(#1f2228, #f2f3f5));
  --on-primary: var(--latchkey-on-primary, light-dark(#ffffff, #17191e));
  --focus: var(--latchkey-focus, light-dark(#2563eb, #8ab4ff));
  --bad: var(--latchkey-bad, light-dark(#b3261e, #ffa39b));
  --radius: var(--latchkey-radius, 0.5rem);
  display: block;
  color: var(--ink);
  font-family: var(--latchkey-font, inherit);
  font-size: var(--latchkey-font-size, 0.9375rem);
  line-height: 1.5;
  text-align: start;
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host(latchkey-user-button) { display: inline-block; vertical-align: middle; }
*, ::before, ::after { box-sizing: border-box; }
h2, p, ul { margin: 0; padding: 0; font: inherit; list-style: none; }
h2 { font-size: 1.1875em; font-weight: 650; line-height: 1.3; letter-spacing: -0.011em; }
.soft { color: var(--soft); }
.small { font-size: 0.867em; }
.error { color: var(--bad); overflow-wrap: anywhere; }
.error:empty { display: none; }
.head + .error { text-align: center; }

.card {
  display: grid;
  gap: 1.25rem;
  inline-size: 100%;
  max-inline-size: 24rem;
  padding: 1.75rem;
  overflow-wrap: anywhere;
  background: var(--ground);
  border: 1px solid var(--line);
  border-radius: calc(var(--radius) * 1.75);
  box-shadow: 0 1px 2px rgb(0 0 0 / 0.04), 0 12px 32px -16px rgb(0 0 0 / 0.16);
}
.wide { max-inline-size: 32rem; }
:host(:state(loading)) .card { visibility: hidden; }
.head { display: grid; gap: 0.25rem; text-align: center; }
.buttons { display: grid; gap: 0.625rem; }
.foot { padding-block-start: 1.125rem; border-block-start: 1px solid var(--line); text-align: center; font-size: 0.9375em; }

button, a { font: inherit; color: inherit; cursor: pointer; }
button { border: 0; background: none; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
.primary, .plain {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  min-block-size: 2.5rem;
  padding: 0.4375rem 1rem;
  font-weight: 600;
  border: 1px solid transparent;
  border-radius: var(--radius);
}
.primary { color: var(--on-primary); background: var(--primary); }
.primary:hover { background: color-mix(in srgb, var(--primary) 88%, var(--on-primary)); }
.plain { background: var(--ground); border-color: var(--edge); }
.plain:hover { background: color-mix(in srgb, var(--ground) 96%, var(--ink)); }
.link {
  padding: 0.125rem;
  color: var(--ink);
  font-weight: 600;
  border-radius: 0.25rem;
  text-decoration: underline;
  text-decoration-color: var(--edge);
  text-underline-offset: 0.2em;
}
.link:hover { text-decoration-color: currentcolor; }
[aria-busy="true"] { opacity: 0.6; cursor: progress; }

.avatar {
  flex: none;
  display: inline-grid;
  place-items: center;
  inline-size: 2.25rem;
  block-size: 2.25rem;
  overflow: hidden;
  border-radius: 50%;
  background: var(--primary);
  color: var(--on-primary);
  font-size: 0.8125rem;
  font-weight: 600;
  letter-spacing: 0.02em;
}
.avatar::before { content: attr(data-letters); }
.avatar img { inline-size: 100%; block-size: 100%; object-fit: cover; }
:host(:state(loading)) .avatar { background: var(--line); }
.who { display: flex; align-items: center; gap: 0.75rem; min-inline-size: 0; }
.who > :last-child { min-inline-size: 0; }
.name { font-weight: 600; }
.names > p { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.names > .soft { font-size: 0.867em; }
.open { display: block; padding: 0; border-radius: 50%; }
.open .avatar { display: grid; }
.open:hover .avatar { filter: brightness(1.12); }
.panel {
  position: absolute;
  inset: auto;
  margin: 0;
  inline-size: min(17.5rem, 100vw - 1rem);
  padding: 0.375rem;
  color: var(--ink);
  background: var(--ground);
  border: 1px solid var(--line);
  border-radius: calc(var(--radius) * 1.5);
  box-shadow: 0 2px 6px rgb(0 0 0 / 0.06), 0 16px 40px -12px rgb(0 0 0 / 0.28);
}
.panel .who { padding: 0.75rem 0.75rem 0.875rem; margin-block-end: 0.375rem; border-block-end: 1px solid var(--line); }
.panel .error { padding: 0.5rem 0.75rem; }
.item {
  display: block;
  inline-size: 100%;
  padding: 0.5rem 0.75rem;
  text-align: start;
  text-decoration: none;
  border-radius: var(--radius);
}
.item:hover { background: color-mix(in srgb, var(--ground) 94%, var(--ink)); }
.item:focus-visible { outline-offset: -2px; }

.line { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0.125rem 1rem; }
.badge {
  padding: 0.0625rem 0.5625rem;
  font-size: 0.8em;
  font-weight: 600;
  border: 1px solid var(--edge);
  border-radius: 1rem;
}
.rows { display: grid; gap: 1.25rem; }
.rows > li { display: grid; gap: 0.4375rem; }
.figure { color: var(--soft); font-variant-numeric: tabular-nums; }
.bar { block-size: 0.4375rem; overflow: hidden; border-radius: 1rem; background: var(--line); }
.fill { block-size: 100%; border-radius: inherit; background: var(--latchkey-fill, var(--primary)); }
.nearly { background: var(--latchkey-nearly, light-dark(#b45309, #f5b045)); }
.full { background: var(--bad); }

.plans { display: grid; gap: 1.25rem; }
.periods {
  display: inline-flex;
  flex-wrap: wrap;
  justify-self: center;
  gap: 0.1875rem;
  padding: 0.1875rem;
  background: color-mix(in srgb, var(--ground) 92%, var(--ink));
  border-radius: calc(var(--radius) * 1.25);
}
.periods label { cursor: pointer; }
.periods input { position: absolute; opacity: 0; pointer-events: none; }
.periods span { display: block; padding: 0.3125rem 1rem; color: var(--soft); font-weight: 600; border-radius: var(--radius); }
.periods :checked + span { color: var(--ink); background: light-dark(var(--ground), color-mix(in srgb, var(--ground) 76%, var(--ink))); box-shadow: 0 1px 3px rgb(0 0 0 / 0.14); }
.periods :focus-visible + span { outline: 2px solid var(--focus); outline-offset: 2px; }
.offers { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(14.5rem, 100%), 1fr)); gap: 1rem; }
.offer { max-inline-size: none; grid-template-rows: auto auto 1fr auto; gap: 0.75rem; padding: 1.5rem; }
.mine { border-color: var(--primary); }
.plan-name { font-size: 1em; }
.price strong { font-size: 1.875em; font-weight: 680; line-height: 1.2; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.contents { display: grid; align-content: start; gap: 0.4375rem; padding-block: 0.25rem 0.5rem; color: var(--soft); }
.contents li { position: relative; padding-inline-start: 1.5rem; }
.contents li::before {
  content: "";
  position: absolute;
  inset: 0.375em auto auto 0.1875rem;
  inline-size: 0.375rem;
  block-size: 0.6875rem;
  border: solid var(--ink);
  border-width: 0 1.5px 1.5px 0;
  rotate: 45deg;
}
.current { display: grid; place-items: center; min-block-size: 2.5rem; font-weight: 600; color: var(--soft); }

@media (max-width: 30rem) {
  .card { padding: 1.375rem; }
}
@media (forced-colors: active) {
  .bar { border: 1px solid; }
  .fill { forced-color-adjust: none; background: CanvasText; }
  .periods :checked + span { outline: 2px solid; }
  .primary, .plain, .open .avatar { border: 1px solid; }
}
`;

let made: CSSStyleSheet | undefined;

/** The style sheet of all elements: adopted, which a page's policy needs no word for. */
export function sheet(): CSSStyleSheet {
  if (!made) {
    made = new CSSStyleSheet();
    made.replaceSync(CSS);
  }
  return made;
}
