import path from 'node:path';

import { createWebhookDestination, type Destination } from '@aftertrace/incidents';

import { agentToken } from '../companion/agent-token.ts';
import {
  type LeftFile,
  removeCompanionFile,
  writeCompanionFile,
} from '../companion/companion-file.ts';
import { collectAlone } from '../companion/collect-alone.ts';
import { createCompanion } from '../companion/create-companion.ts';
import { openOwnDataDir } from '../companion/data-dir.ts';
import { keptToken } from '../companion/kept-token.ts';
import { limitHeapGrowth } from '../companion/limit-heap-growth.ts';
import { listenOf, settingsOf } from '../companion/settings.ts';
import type { CompanionConfig } from '../config/companion-config.ts';
import type { ConfigFlags } from '../config/flag-layer.ts';
import { loadConfig } from '../config/load-config.ts';
import { parseAddress } from '../parse-address.ts';
import { openSecrets } from '../config/open-secrets.ts';
import { readSecretFile } from '../config/secret.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';
import { createLog } from '../terminal/progress-log.ts';
import { untilStopped } from '../until-stopped.ts';

/** Options of `aftertrace serve`. */
export interface ServeOptions {
  /** Configuration file. */
  readonly config?: string;
  readonly flags: ConfigFlags;
  /** File of tool profiles, in the place of those of the configuration. */
  readonly profiles?: string;
}

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** `aftertrace serve`: runs the companion until it is told to stop. */
export async function serve(options: ServeOptions, output: Output): Promise<ExitCode> {
  collectAlone();
  limitHeapGrowth();
  const { config: file, flags, profiles } = options;
  const config = await loadConfig({ file, flags, profiles });
  const destinations = await webhooks(config);
  const settings = await settingsOf(config);
  const listen = listenOf(config);
  const dataDir = await openOwnDataDir(config.data);
  const log = createLog(output, Date.now);
  try {
    const token = await tokenOf(config, dataDir.path);
    const companion = await createCompanion({
      dataDir,
      token,
      listen,
      destinations,
      ...settings,
      allowedHosts: hostsOf(config, listen.console.host),
      ...(config.tls === undefined ? {} : { tls: config.tls }),
      log,
      now: Date.now,
    });
    try {
      const addresses = await companion.start();
      if (addresses === undefined) throw new Error('a companion that serves listens');
      const { otlp, otlpGrpc, console: address, caFile } = addresses;
      const left = await writeCompanionFile({
        v: 1,
        pid: process.pid,
        startedAt: new Date().toISOString(),
        dataDir: dataDir.path,
        otlp,
        console: address,
        ...(caFile === undefined ? {} : { caFile }),
        // Commands take the one of the data directory.
        token: await agentToken(companion.control, dataDir.path),
      });
      const grpc = otlpGrpc === undefined ? '' : `\n  OTLP/gRPC  ${otlpGrpc}`;
      output.out(`companion ready
  OTLP/HTTP  ${otlp}   (point a Collector or an agent here)${grpc}
  control    ${address}
  data       ${dataDir.path}
  token      in ${config.tokenFile ?? path.join(dataDir.path, 'token')}
${findingText(left, address)}`);
      const open = await openSecrets(config, dataDir.path);
      for (const warning of [...exposures(config), ...open]) log('warn', warning);
      await untilStopped();
      await removeCompanionFile(left.file);
    } finally {
      const stuck = await companion.shutdown(config.shutdownMillis);
      // What the operating system holds would hold the process, too; what was acknowledged is on disk.
      if (stuck.length > 0) process.exit(ExitCode.FAILED);
    }
  } finally {
    await dataDir.close();
  }
  return ExitCode.OK;
}

function hostsOf({ listen, tls }: CompanionConfig, host: string): readonly string[] {
  const named = tls?.name === undefined ? [] : [tls.name.toLowerCase()];
  return [...LOOPBACK_HOSTS, host, ...named, ...listen.allowedHosts];
}

/** What others may do who reach the ports, where that are not only those on this machine. */
function exposures({ listen, tls, access }: CompanionConfig): readonly string[] {
  const isOpen = (address: string | undefined): boolean =>
    address !== undefined && !isLoopback(parseAddress(address)?.host ?? '');
  const ports = [listen.console, listen.otlp, listen.otlpGrpc].filter(isOpen);
  if (ports.length === 0) return [];
  const takesAll = !access.otlpToken && [listen.otlp, listen.otlpGrpc].some(isOpen);
  return [
    ...(tls === undefined
      ? [
          `${ports.join(', ')}: reached from other machines without TLS; who listens on the way has the tokens (tls.certFile)`,
        ]
      : []),
    ...(takesAll && tls?.clientCaFile === undefined
      ? ['whoever reaches the port for telemetry may send some; access.otlpToken asks for a token']
      : []),
  ];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.');
}

/** How agents and commands come to this companion. */
function findingText(left: LeftFile, address: string): string {
  if (left.kind === 'written') {
    return 'Agents of this user find it by themselves: node --import @aftertrace/node app.js';
  }
  return `Agents of this user find process ${left.by.pid} (${left.by.console}) first. For this one set
  AFTERTRACE_COMPANION=${address} and AFTERTRACE_TOKEN for agents (aftertrace token create --role agent), and --data for commands`;
}

/** Generated once and kept with the data, so that agents stay connected across a restart. */
async function tokenOf({ tokenFile }: CompanionConfig, dataDir: string): Promise<string> {
  if (tokenFile === undefined) return keptToken(dataDir);
  const token = (await readSecretFile(tokenFile, 'token')).trim();
  if (token.length < 16)
    throw new CommandError(`the token in ${tokenFile} has fewer than 16 characters`);
  return token;
}

async function webhooks({ webhooks }: CompanionConfig): Promise<Destination[]> {
  const destinations: Destination[] = [];
  for (const [index, { url, secretFile, allowPrivate }] of webhooks.entries()) {
    const secret = (await readSecretFile(secretFile, 'signing secret')).trim();
    destinations.push(
      createWebhookDestination({
        name: index === 0 ? 'webhook' : `webhook-${index + 1}`,
        url,
        secrets: [secret],
        now: Date.now,
        allowPrivate,
      }),
    );
  }
  return destinations;
}
