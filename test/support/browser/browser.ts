import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { PATIENCE } from '../patience.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const SCHEMES = ['light', 'dark'] as const;
/** What axe looks for: a scheme changes colours, and nothing else. */
const RULES = { light: undefined, dark: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } };
/** The narrowest screen that text must fit (WCAG 2.2, 1.4.10). */
const NARROW = { width: 320, height: 640 };
/** What pictures are made on. */
const SCREENS = {
  wide: { width: 1920, height: 1080 },
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
  narrow: NARROW,
};

/** Chromium: that of the variable CHROMIUM, or Debian's. */
export async function launchBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    timeout: PATIENCE,
  });
  browser.on('context', (context) => context.setDefaultTimeout(PATIENCE));
  return browser;
}

/**
 * What every page must stand: nothing that axe finds fault with in light or dark, and no scrolling sideways on the
 * narrowest screen. Saves pictures of it where the variable SCREENSHOTS names a directory. Not for a context without
 * JavaScript: axe never ends there.
 */
export async function inspect(page: Page, name: string): Promise<void> {
  await axe(page, name);
  await fits(page, name);
  await screenshots(page, name);
}

/** Expects axe to find nothing at all. What a page frames runs no script, and is looked at by itself. */
export async function axe(page: Page, name = page.url()): Promise<void> {
  for (const colorScheme of SCHEMES) {
    // What only begins to be seen has too little contrast.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(AXE);
    const violations = await page.evaluate(async (runOnly) => {
      const found = await (globalThis as any).axe.run({ iframes: false, ...(runOnly && { runOnly }) });
      return found.violations.flatMap(({ id, nodes }: { id: string; nodes: { html: string }[] }) =>
        nodes.map(({ html }) => `${id}: ${html}`),
      );
    }, RULES[colorScheme]);
    expect(violations, `${name}, ${colorScheme}`).toEqual([]);
  }
}

/** Expects the page to fit a screen of 320 px without scrolling sideways. */
export async function fits(page: Page, name = page.url()): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize(NARROW);
  const { scrollWidth } = await page.evaluate(() => {
    const { scrollWidth } = (globalThis as any).document.documentElement;
    return { scrollWidth };
  });
  expect(scrollWidth, name).toBeLessThanOrEqual(NARROW.width);
  if (before) await page.setViewportSize(before);
}

/** Saves the page in light and dark, on each of those screens, where SCREENSHOTS names a directory. */
export async function screenshots(page: Page, name: string): Promise<void> {
  const directory = process.env.SCREENSHOTS;
  if (!directory) return;
  const before = page.viewportSize();
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    for (const [device, size] of Object.entries(SCREENS)) {
      await page.setViewportSize(size);
      await page.screenshot({
        path: join(directory, `${name}.${device}.${colorScheme}.png`),
        fullPage: true,
      });
    }
  }
  if (before) await page.setViewportSize(before);
}
