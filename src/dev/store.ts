/** A mail or text that a `dev` provider kept. */
export interface DevMessage {
  id: string;
  channel: 'mail' | 'sms';
  recipient: string;
  sender: string;
  subject: string | null;
  html: string | null;
  text: string;
  created_at: number;
}

const SHOWN = 100;

/** The newest messages first. */
export async function readMessages(d1: D1Database): Promise<DevMessage[]> {
  const sql = 'SELECT * FROM dev_messages ORDER BY created_at DESC, id DESC LIMIT ?';
  return (await d1.prepare(sql).bind(SHOWN).all<DevMessage>()).results;
}

/** One message, or null. */
export function readMessage(d1: D1Database, id: string): Promise<DevMessage | null> {
  return d1.prepare('SELECT * FROM dev_messages WHERE id = ?').bind(id).first<DevMessage>();
}
