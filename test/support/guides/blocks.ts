import type { Tokens } from 'marked';
import { type Document, tokensOf } from '../../../src/cli/guides/guide.ts';

/** What the info string of a block may say beside its language. `person`: a command waits for somebody in a browser, whom a test plays. */
const WORDS = [
  'run',
  'answer',
  'background',
  'beside',
  'named',
  'deploy',
  'illustration',
  'append',
  'browser',
  'person',
];

/** A block of code in a document. */
export interface Block {
  /** `path:line`. */
  at: string;
  language: string;
  /** What the info string says beside the language. */
  words: Set<string>;
  /** Of `file=`, from the root of the repository. */
  file: string | undefined;
  text: string;
}

/** The blocks of code of a document, in order. Throws when an info string says what has no meaning. */
export function blocksOf(document: Document): Block[] {
  let from = 0;
  return tokensOf(document)
    .filter((token): token is Tokens.Code => token.type === 'code')
    .map(({ lang = '', text, codeBlockStyle }) => {
      const [first = ''] = text.split('\n');
      from = Math.max(document.markdown.indexOf(first, from), from);
      const at = `${document.path}:${document.markdown.slice(0, from).split('\n').length}`;
      const [language = '', ...words] = codeBlockStyle === 'indented' ? [''] : lang.split(' ');
      const file = words.find((word) => word.startsWith('file='))?.slice('file='.length);
      const unknown = words.filter((word) => !WORDS.includes(word) && !word.startsWith('file='));
      if (unknown.length > 0) throw new Error(`${at}: an info string cannot say ${unknown.join(' ')}.`);
      return { at, language: language === 'sh' ? 'bash' : language, words: new Set(words), file, text };
    });
}

/** Whether a block only shows something: nothing of it is run or checked. */
export function isIllustration({ language, words }: Block): boolean {
  return words.has('illustration') || language === '';
}

/** Whether a block is run by the shell of its document. */
export function isCommand(block: Block): boolean {
  return (
    block.language === 'bash' &&
    !isIllustration(block) &&
    !['named', 'person'].some((word) => block.words.has(word)) &&
    !block.file
  );
}

/** Whether a document changes its copy of the repository or starts a server of its own. */
export function needsOwnCopy(blocks: Block[]): boolean {
  return blocks.some(
    (block) =>
      !isIllustration(block) &&
      ((block.file && !isBeside(block)) || block.language === 'diff' || block.words.has('background')),
  );
}

/** Whether a block is a file of the reader's own, in a folder beside the repository. */
export function isBeside({ file }: Block): boolean {
  return file?.startsWith('../') ?? false;
}
