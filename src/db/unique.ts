/** Whether a write failed because something of it has to be unique and is taken; the message of D1 names the columns. */
export function isTaken(thrown: unknown): boolean {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return cause instanceof Error && cause.message.includes('UNIQUE constraint failed');
}
