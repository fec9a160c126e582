/** The header that says which host a request to the stand-in of Cloudflare was meant for. */
export const ASKED_HOST = 'x-asked-host';
