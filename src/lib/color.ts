/** For a realm whose colour can't be read: a wrong setting must not keep a reset from its user. */
const DEFAULT = '#1d4ed8';

/** What mails and pages are painted with where the brand has no say: light, and dark where the reader prefers it. */
export const LIGHT = { page: '#f3f4f6', card: '#ffffff', text: '#1f2937', quiet: '#4b5563', line: '#e5e7eb' };
export const DARK = { page: '#101317', card: '#1b2027', text: '#e8eaed', quiet: '#aab2bd', line: '#353c45' };

/** A border that can be seen on light and dark alike. */
const EDGE = '#808080';

/** A button in the brand's colour: readable, and still a button where it has the colour of what is behind it. */
export function buttonColors(color: string) {
  const background = /^#[0-9a-f]{6}$/i.test(color) ? color : DEFAULT;
  const text = contrast(background, '#ffffff') >= contrast(background, '#000000') ? '#ffffff' : '#000000';
  const edgeOn = (card: string) => (contrast(background, card) < 1.5 ? EDGE : background);
  return { background, text, edge: edgeOn(LIGHT.card), darkEdge: edgeOn(DARK.card) };
}

/** The brightest and the darkest ground on which pages write in the realm's colour. */
const GROUNDS = { light: '#f1f3f5', dark: '#20252b' };
/** What text and its ground need (WCAG 2.2, 1.4.3). */
const READABLE = 4.5;

/** The realm's colour as pages write and draw with it: darker or lighter than it is, where it could not be read on their grounds. */
export function accentColors(color: string): { light: string; dark: string } {
  const { background } = buttonColors(color);
  return {
    light: readable(background, '#000000', GROUNDS.light),
    dark: readable(background, '#ffffff', GROUNDS.dark),
  };
}

/** A colour `#rrggbb` as the ground of a page in light and dark, with the text that is read on it best. */
export function backdropColors(color: string) {
  const on = (ground: string) => ({
    ground,
    text: contrast(ground, '#ffffff') >= contrast(ground, '#000000') ? '#ffffff' : '#000000',
  });
  return { light: on(color), dark: on(mixed(color, '#0d0f12', 0.8)) };
}

function readable(color: string, end: string, ground: string): string {
  const steps = Array.from({ length: 21 }, (_, step) => mixed(color, end, step / 20));
  return steps.find((one) => contrast(one, ground) >= READABLE) ?? end;
}

function mixed(one: string, other: string, part: number): string {
  const channels = [1, 3, 5].map((at) => {
    const [from, to] = [one, other].map((color) => Number.parseInt(color.slice(at, at + 2), 16)) as [
      number,
      number,
    ];
    return Math.round(from + (to - from) * part)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${channels.join('')}`;
}

/** The contrast of two colours `#rrggbb`, from 1 to 21 (WCAG 2.2). */
export function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}
