import type { ErrorCode } from '../../errors.ts';

interface Failure {
  title: string;
  text: string;
}

/** What is said in place of a page that cannot be shown. */
export const entryFailure = {
  failed: {
    title: 'That did not work',
    reference: 'If you write to us about this, please name',
    home: 'To your account',
    overview: 'Overview',
    again: 'Open the page again',
  },
  /** By the code of the error; the others say `internal_error`. */
  failures: {
    message_not_found: {
      title: 'There is no such message',
      text: 'Messages are kept for 30 days.',
    },
    insufficient_scope: {
      title: 'This is not for your account',
      text: 'These pages are for administrators. If you should have access, please ask an owner.',
    },
    user_not_found: {
      title: 'There is no such user',
      text: 'They may have been deleted, or belong to another realm.',
    },
    not_found: {
      title: 'There is nothing here',
      text: 'The address may be mistyped, or the page has moved. Please check it.',
    },
    realm_not_found: {
      title: 'There is nothing here',
      text: 'The address may be mistyped. Please go back to where you came from and try again.',
    },
    method_not_allowed: {
      title: 'This page works differently',
      text: 'It can’t be opened in this way. Please open it again.',
    },
    invalid_request: {
      title: 'This can’t be read',
      text: 'What was sent is damaged. Please go back and try again.',
    },
    validation_failed: {
      title: 'This can’t be read',
      text: 'The address that you followed is incomplete or wrong. Please go back to where you came from and try again.',
    },
    redirect_not_allowed: {
      title: 'We can’t send you back there',
      text: 'The page that sent you here wants you back at an address that is not on our list. Nothing is wrong with your account: please tell the people who run that page.',
    },
    origin_not_allowed: {
      title: 'This form came from somewhere else',
      text: 'For your safety we only accept forms from our own pages. Please open the page here and fill it in again.',
    },
    payload_too_large: {
      title: 'That is too much',
      text: 'More was sent than we can take. Please shorten it.',
    },
    unsupported_media_type: {
      title: 'This can’t be read',
      text: 'The form came in a format that we don’t know. Please open the page and fill it in again.',
    },
    rate_limited: {
      title: 'One moment, please',
      text: 'There were too many requests from your network. Please wait a minute, then try again.',
    },
    service_unavailable: {
      title: 'Back in a moment',
      text: 'Something that we need does not answer. Please try again in a minute.',
    },
    internal_error: {
      title: 'Something went wrong',
      text: 'This is our fault, not yours. Please try again; if it happens again, tell us.',
    },
  } as { internal_error: Failure } & Partial<Record<ErrorCode, Failure>>,
};
