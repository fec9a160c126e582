// How the answers that documents show are compared with those that come. `…` stands for what may be anything.

const MORE = '…';

/** What is wrong with an output as the expected JSON values, which are its last ones; nothing when it fits. */
export function differencesOfJson(expected: string, output: string): string[] {
  const wanted = jsonValues(withQuotedEllipses(expected));
  if (wanted.length === 0) return ['The document shows no JSON.'];
  const found = jsonValues(output).slice(-wanted.length);
  if (found.length < wanted.length) return [`${wanted.length} values of JSON are missing.`];
  return wanted.flatMap((value, at) => differences(value, found[at], wanted.length > 1 ? `[${at}]` : ''));
}

/** Whether lines stand in an output, one after another; empty lines do not count. */
export function hasLines(expected: string, output: string): boolean {
  const lines = linesOf(expected).map((line) => (line === MORE ? '[^]*?' : `${pattern(line)}\\n`));
  return new RegExp(`(^|\\n)${lines.join('')}`).test(`${linesOf(output).join('\n')}\n`);
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/** The JSON objects and arrays in a text that begin a line. */
export function jsonValues(text: string): unknown[] {
  const values: unknown[] = [];
  let rest = text;
  for (;;) {
    const start = rest.search(/^\s*[{[]/m);
    if (start === -1) return values;
    rest = rest.slice(start).trimStart();
    const end = endOfValue(rest);
    const value = end === undefined ? undefined : parsed(rest.slice(0, end));
    if (value !== undefined) values.push(value);
    rest = value === undefined ? rest.slice(1) : rest.slice(end);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const TOKENS = /"(?:[^"\\]|\\.)*"|[[\]{}:,…]/g;

/** Where the value ends that a text begins with. */
function endOfValue(text: string): number | undefined {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth === 0) return index + token.length;
  }
  return undefined;
}

/** JSON of a text in which `…` stands bare: as a value, as an element, and for the further members of an object. */
function withQuotedEllipses(text: string): string {
  const open: string[] = [];
  let before = '';
  return text.replaceAll(TOKENS, (token) => {
    if (token === '{' || token === '[') open.push(token);
    if (token === '}' || token === ']') open.pop();
    const member = open.at(-1) === '{' && before !== ':';
    before = token;
    if (token !== MORE) return token;
    return member ? `"${MORE}": "${MORE}"` : `"${MORE}"`;
  });
}

function differences(wanted: unknown, found: unknown, at: string): string[] {
  const no = [`${at || 'It'} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`];
  if (wanted === MORE) return [];
  if (typeof wanted === 'string') {
    const fits = typeof found === 'string' && new RegExp(`^${pattern(wanted)}$`, 's').test(found);
    return fits ? [] : no;
  }
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found)) return no;
    const open = wanted.at(-1) === MORE;
    const fixed = open ? wanted.slice(0, -1) : wanted;
    if (open ? found.length < fixed.length : found.length !== fixed.length) return no;
    return fixed.flatMap((value, index) => differences(value, found[index], `${at}[${index}]`));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return no;
    const members = Object.entries(wanted).filter(([name]) => name !== MORE);
    const more = MORE in wanted ? [] : Object.keys(found).filter((name) => !(name in wanted));
    return [
      ...more.map((name) => `${at}.${name} is not in the document`),
      ...members.flatMap(([name, value]) => differences(value, (found as any)[name], `${at}.${name}`)),
    ];
  }
  return wanted === found ? [] : no;
}

/** The pattern of a text in which `…` stands for anything. */
function pattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(MORE, '.*?');
}
