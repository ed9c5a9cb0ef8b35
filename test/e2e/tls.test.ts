import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { createAuthority, OPENSSL, type Authority, type Certificate } from './tls/authority.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = path.join(root, 'packages/cli/src/main.ts');
const preload = path.join(root, 'packages/node/src/index.ts');
const agent = fileURLToPath(new URL('tls/guarded-agent.ts', import.meta.url));

/** Certificates are made with it; where it is missing the test is reported as skipped. */
const hasOpenssl = spawnSync(OPENSSL, ['version']).status === 0;

let dir: string;
let authority: Authority;
let client: Certificate;
const children: ChildProcess[] = [];

beforeEach(async () => {
  if (!hasOpenssl) return;
  dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-tls-'));
  authority = await createAuthority(dir);
  client = await authority.issue('client');
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  if (hasOpenssl) await rm(dir, { recursive: true, force: true });
});

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, ['--conditions=@aftertrace/source', ...args], {
    cwd: dir,
    env: { PATH: process.env['PATH'], HOME: dir, NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

async function end(child: ChildProcess): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

const command = async (args: readonly string[], env: Readonly<Record<string, string>>) =>
  end(start([cli, ...args], { AFTERTRACE_ACTOR: 'root@example.com', ...env }));

async function untilLine(child: ChildProcess, prefix: string): Promise<void> {
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith(prefix)) return;
  }
  throw new Error(`it ended before it said ${prefix}`);
}

/** A companion with TLS on every port that lets in only who has a certificate. */
async function serving(): Promise<{ otlp: string; grpc: string; console: string }> {
  const server = await authority.issue('companion', 'IP:127.0.0.1');
  const config = path.join(dir, 'aftertrace.json');
  const any = '127.0.0.1:0';
  const tls = { ...server, clientCaFile: authority.caFile, caFile: authority.caFile };
  const access = { otlpToken: true, separateDuties: true };
  const listen = { otlp: any, otlpGrpc: any, console: any };
  await writeFile(config, JSON.stringify({ data: path.join(dir, 'data'), listen, tls, access }));
  const child = start([cli, 'serve', '--config', config]);
  child.stderr?.resume();
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await untilLine(child, 'Agents of this user');
  const address = (name: string): string =>
    new RegExp(`${name}\\s+(https://\\S+)`).exec(text)?.[1] ?? '';
  return { otlp: address('OTLP/HTTP'), grpc: address('OTLP/gRPC'), console: address('control') };
}

/** Status of a request for telemetry, or why there is none. */
async function sendTelemetry(
  url: string,
  { token, certificate }: { token?: string; certificate?: Certificate },
): Promise<number | string> {
  const files =
    certificate === undefined
      ? {}
      : {
          cert: await readFile(certificate.certFile),
          key: await readFile(certificate.keyFile),
        };
  const ca = await readFile(authority.caFile);
  return new Promise((resolve) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { 'content-type': 'application/json', ...authorization };
    const sent = request(`${url}/v1/traces`, {
      method: 'POST',
      headers,
      ca,
      ...files,
      agent: false,
    });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.on('response', (response) => resolve(response.resume().statusCode ?? 0));
    sent.end('{"resourceSpans":[]}');
  });
}

async function grpcStatus(url: string, token: string): Promise<string> {
  const session = connectHttp2(url, {
    ca: await readFile(authority.caFile),
    cert: await readFile(client.certFile),
    key: await readFile(client.keyFile),
  });
  const stream = session.request({
    ':method': 'POST',
    ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    'content-type': 'application/grpc',
    authorization: `Bearer ${token}`,
  });
  const status = new Promise<string>((resolve, reject) => {
    const look = (
      headers: Readonly<Record<string, string | string[] | number | undefined>>,
    ): void => {
      const found = headers['grpc-status'];
      if (found !== undefined) resolve(found.toString());
    };
    stream.on('response', look);
    stream.on('trailers', look);
    stream.on('error', reject);
  });
  stream.resume();
  stream.end(Buffer.alloc(5));
  try {
    return await status;
  } finally {
    session.destroy();
  }
}

test.skipIf(!hasOpenssl)(
  'companion, commands, agents and telemetry speak mutual TLS, each by a token of its role',
  async () => {
    const { otlp, grpc, console: address } = await serving();
    const shown = {
      AFTERTRACE_CLIENT_CERT_FILE: client.certFile,
      AFTERTRACE_CLIENT_KEY_FILE: client.keyFile,
    };
    // The companion's own user: the file that it left says whom to trust.
    const made = async (role: string, more: readonly string[] = []): Promise<string> => {
      const args = ['token', 'create', '--role', role, '--name', role, '--reason', 'test', ...more];
      const { code, out, err } = await command(args, shown);
      expect([code, err]).toEqual([0, expect.stringContaining(`role ${role}`)]);
      return out.trim();
    };
    const agentToken = await made('agent', ['--agent', 'support', '--agent', 'billing']);
    const ingestToken = await made('ingest');
    const ana = await made('responder', ['--for', 'ana@example.com']);
    const ben = await made('responder', ['--for', 'ben@example.com']);

    // Telemetry: a certificate and a token, both.
    expect(await sendTelemetry(otlp, { token: ingestToken, certificate: client })).toBe(200);
    expect(await sendTelemetry(otlp, { certificate: client })).toBe(401);
    expect(await sendTelemetry(otlp, { token: ana, certificate: client })).toBe(403);
    expect(await sendTelemetry(otlp, { token: ingestToken })).toMatch(
      /CERTIFICATE_REQUIRED|ECONNRESET|EPIPE/,
    );
    const stranger = await (await createAuthority(dir, 'other')).issue('stranger');
    expect(await sendTelemetry(otlp, { token: ingestToken, certificate: stranger })).toMatch(/^E/);
    expect(await grpcStatus(grpc, agentToken)).toBe('0');
    expect(await grpcStatus(grpc, 'wrong')).toBe('16');

    // Elsewhere: by the environment. An agent is governed, and cannot let itself go.
    const elsewhere = (token: string): Record<string, string> => ({
      ...shown,
      XDG_STATE_HOME: path.join(dir, 'elsewhere'),
      AFTERTRACE_COMPANION: address,
      AFTERTRACE_TOKEN: token,
      AFTERTRACE_CA_FILE: authority.caFile,
    });
    const governed = start(['--import', preload, agent], {
      ...elsewhere(agentToken),
      AFTERTRACE_OTLP: otlp,
      AFTERTRACE_AGENT: 'support',
    });
    await untilLine(governed, 'ran');
    const revoke = [
      'revoke',
      'refund',
      '--agent',
      'support',
      '--reason',
      'twice',
      '--wait',
      '10s',
      '--json',
    ];
    const asAna = { ...elsewhere(ana), AFTERTRACE_ACTOR: 'ana@example.com' };
    const asBen = { ...elsewhere(ben), AFTERTRACE_ACTOR: 'ben@example.com' };
    const ordered = await command(revoke, asAna);
    expect([ordered.code, ordered.err]).toEqual([0, '']);
    const { id } = (JSON.parse(ordered.out) as { containment: { id: string } }).containment;
    if (governed.exitCode === null) await once(governed, 'exit');
    const release = ['release', id, '--reason', 'mended'];
    expect(await command(release, elsewhere(agentToken))).toMatchObject({
      code: 1,
      err: expect.stringContaining('role agent may not') as unknown,
    });
    expect(await command(release, asAna)).toMatchObject({
      code: 1,
      err: expect.stringContaining('another person') as unknown,
    });
    expect(await command(release, asBen)).toMatchObject({ code: 0 });

    // Everything that was refused is in the log, and no token is anywhere but where it belongs.
    const log = await readFile(path.join(dir, 'data/audit.jsonl'), 'utf8');
    for (const cause of ['tls_handshake', 'unauthorized', 'forbidden_role', 'separation_of_duties'])
      expect(log).toContain(`"cause":"${cause}"`);
    for (const token of [agentToken, ingestToken, ana, ben]) expect(log).not.toContain(token);
    // Without the authority nobody is talked to.
    const blind = await command(['containments'], { ...asAna, AFTERTRACE_CA_FILE: '' });
    expect(blind).toMatchObject({ code: 3 });
  },
  120_000,
);
