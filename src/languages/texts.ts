import type { en } from './en/pages.ts';

/** The texts of all pages in one language: the entries of the English ones. */
export type Texts = typeof en;
