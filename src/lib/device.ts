import Bowser from 'bowser';

/** A name for a device that its owner recognises, such as `Firefox on Windows`, from a User-Agent header. */
export function describeDevice(userAgent: string | null): string | null {
  if (!userAgent) return null;
  const parser = Bowser.getParser(userAgent);
  const browser = parser.getBrowserName();
  const system = parser.getOSName();
  if (browser && system) return `${browser} on ${system}`;
  // Tools name themselves first: `curl/8.5.0`.
  return browser || system || (userAgent.split(/[/\s]/)[0] ?? null);
}
