/** What the pages of mails and text messages say. */
export const adminMail = {
  text: 'Emails and text messages of the last 30 days. Their content is never shown: it may be a link or a code.',
  statuses: { pending: 'Waiting', dead: 'Given up', sent: 'Sent', void: '' },
  channels: { mail: 'Email', sms: 'Text message' },
  channel: 'Kind',
  message: 'Message',
  recipient: 'To',
  language: 'Language',
  nextAttempt: 'Next try',
  expires: 'Useful until',
  settled: 'Sent or given up',
  retry: 'Send again now',
  test: 'Send me a test message',
  notRetriable: 'It cannot be sent again: it was sent, or its content is of no use any more.',
  error: 'Last error',
  preview: 'Preview',
  previewText:
    'What such an email looks like, with made-up names and links: what this one said is never shown.',
  done: {
    retried: 'The message is on its way again.',
    tested: 'A test message is on its way to your address.',
  } as Record<string, string | undefined>,
};
