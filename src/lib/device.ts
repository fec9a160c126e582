import Bowser from 'bowser';

/** A program and the system that it runs on, as far as they are known. */
export interface Device {
  program: string;
  system: string | null;
}

/** A name for a device that its owner recognises, such as `Firefox on Windows`, from a User-Agent header. */
export function describeDevice(userAgent: string | null): string | null {
  const device = deviceOf(userAgent);
  if (!device) return null;
  return device.system ? `${device.program} on ${device.system}` : device.program;
}

/** The device that a User-Agent header names, in parts: languages put them together differently. */
export function deviceOf(userAgent: string | null): Device | null {
  if (!userAgent) return null;
  const parser = Bowser.getParser(userAgent);
  const browser = parser.getBrowserName();
  const system = parser.getOSName();
  if (browser && system) return { program: browser, system };
  // Tools name themselves first: `curl/8.5.0`.
  const program = browser || system || userAgent.split(/[/\s]/)[0];
  return program ? { program, system: null } : null;
}
