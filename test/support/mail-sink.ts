/** A mail server that accepts everything: just enough SMTP for one sender. */
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

export interface MailSink {
  /** `smtp://…` */
  url: string;
  /** Raw messages, headers first. */
  mails: string[];
  close(): Promise<void>;
}

export async function startMailSink(): Promise<MailSink> {
  const mails: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}));
    converse(socket, mails);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mails,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function converse(socket: Socket, mails: string[]): void {
  let received = '';
  let inMail = false;
  const say = (line: string) => socket.write(`${line}\r\n`);
  say('220 sink');
  socket.setEncoding('utf8').on('data', (chunk) => {
    received += chunk;
    for (;;) {
      const end = received.indexOf(inMail ? '\r\n.\r\n' : '\r\n');
      if (end < 0) return;
      const text = received.slice(0, end);
      received = received.slice(end + (inMail ? 5 : 2));
      if (inMail) {
        mails.push(text);
        inMail = false;
        say('250 taken');
      } else if (/^data$/i.test(text)) {
        inMail = true;
        say('354 go on');
      } else if (/^quit/i.test(text)) socket.end('221 bye\r\n');
      else say('250 ok');
    }
  });
}
