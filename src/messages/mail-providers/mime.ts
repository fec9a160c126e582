import { Buffer } from 'node:buffer';
import type { MailMessage } from '../mail-provider.ts';

/** Quoted-printable text has no `=_`, so this boundary occurs in no part (RFC 2045, 6.7). */
const BOUNDARY = '=_alternative';

/** The mail as SMTP carries it (RFC 5322, 2045): ASCII, CRLF, and no line over 76 characters except long addresses. */
export function mimeMessage(
  { from, to, subject, text, html, idempotencyKey }: MailMessage,
  date: Date,
): string {
  const part = (type: string, body: string) => [
    `--${BOUNDARY}`,
    `Content-Type: ${type}; charset=utf-8`,
    'Content-Transfer-Encoding: quoted-printable',
    '',
    quotedPrintable(body),
  ];
  return [
    `From: ${mailbox(from)}`,
    `To: ${to}`,
    `Subject: ${unstructured(subject)}`,
    `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${idempotencyKey}@${from.address.split('@')[1]}>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative; boundary="${BOUNDARY}"`,
    '',
    ...part('text/plain', text),
    ...part('text/html', html),
    `--${BOUNDARY}--`,
    '',
  ].join('\r\n');
}

/** `name <address>`. A name with more than plain words is encoded as a whole, so that nothing has to be quoted. */
function mailbox({ address, name }: MailMessage['from']): string {
  if (!name) return address;
  return /^[\w '-]{1,60}$/.test(name) ? `${name} <${address}>` : `${encodedWords(name)}\r\n <${address}>`;
}

function unstructured(value: string): string {
  return /^[\x20-\x7e]{0,60}$/.test(value) && !value.includes('=?') ? value : encodedWords(value);
}

/** RFC 2047: no word splits a character, and each fits a line of 76 characters after our longest field name. */
function encodedWords(value: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of value) {
    if (Buffer.byteLength(word + character) > 39) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((each) => `=?utf-8?B?${Buffer.from(each).toString('base64')}?=`).join('\r\n ');
}

/** RFC 2045, 6.7. Every line break becomes CRLF. */
function quotedPrintable(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => {
      let [done, current] = ['', ''];
      const bytes = Buffer.from(line);
      for (const [index, byte] of bytes.entries()) {
        const blank = byte === 0x20 || byte === 0x09;
        const literal = blank ? index < bytes.length - 1 : byte > 0x20 && byte < 0x7f && byte !== 0x3d;
        const next = literal
          ? String.fromCharCode(byte)
          : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
        if (current.length + next.length > 75) {
          done += `${current}=\r\n`;
          current = '';
        }
        current += next;
      }
      return done + current;
    })
    .join('\r\n');
}
