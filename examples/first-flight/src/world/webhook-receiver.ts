/**
 * The destination of the demo: a real HTTP server that takes the companion's notices and checks their signature as
 * Standard Webhooks says. Prints its address on standard output, then one JSON line a notice.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = Buffer.from(String(process.env['WEBHOOK_SECRET']).replace(/^whsec_/, ''), 'base64');

function signed(headers: Readonly<Record<string, unknown>>, body: string): boolean {
  const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const expected = createHmac('sha256', secret).update(content).digest();
  return String(headers['webhook-signature'])
    .split(' ')
    .some((part) => {
      const given = Buffer.from(part.replace(/^v1,/, ''), 'base64');
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    const valid = signed(request.headers, body);
    response.writeHead(valid ? 204 : 401).end();
    const { type, subject } = JSON.parse(body) as { type: string; subject: string };
    process.stdout.write(
      `${JSON.stringify({ id: request.headers['webhook-id'], type, subject, valid })}\n`,
    );
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`http://127.0.0.1:${port}/incidents\n`);
});
process.on('SIGTERM', () => server.close());
