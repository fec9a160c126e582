/**
 * A sentence that ends with the name of what it is about, and the sentence alone where that name is none that may stand in a mail.
 * French has a space before the colon.
 */
export function named(sentence: string, colon = ': '): (name: string) => string {
  return (name) => (name ? `${sentence}${colon}${name}` : sentence);
}
