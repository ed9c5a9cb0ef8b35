import { readFile } from 'node:fs/promises';

import {
  parseJournalKey,
  readJournalKey,
  type ExporterConfigInput,
  type JournalEncryption,
  type OtlpTarget,
} from '@aftertrace/exporter';

import { readTrustedKeys } from '@aftertrace/policy/compile';

import type {
  CompanionConfig,
  JournalConfig,
  KeySource,
  OtlpTargetConfig,
} from '../config/companion-config.ts';
import { revealSecret } from '../config/secret.ts';
import { CommandError } from '../exit-code.ts';
import { parseAddress, type ListenAddress } from '../parse-address.ts';
import { readAuditKey } from './audit-key.ts';
import type { AuditSettings } from './audit-ledger.ts';
import type { CompanionOptions } from './companion.ts';

/** What of the configuration a companion takes as it is. */
export async function settingsOf(
  config: CompanionConfig,
): Promise<
  Pick<
    CompanionOptions,
    'exporter' | 'limits' | 'observe' | 'journal' | 'audit' | 'access' | 'readPolicyKeys'
  >
> {
  const { metrics, emit } = config;
  const encryption = await encryptionOf(config.journal);
  return {
    ...(encryption === undefined ? {} : { journal: { encryption } }),
    access: config.access,
    exporter: exporterOf(config),
    audit: await auditOf(config.audit),
    ...(config.policyKeys === undefined
      ? {}
      : { readPolicyKeys: await policyKeysOf(config.policyKeys) }),
    limits: definedOf(config.limits),
    observe: {
      withoutToken: metrics.withoutToken,
      intervalMillis: metrics.intervalMillis,
      ...(metrics.otlp === undefined ? {} : { metricsTo: await targetOf(metrics.otlp) }),
      ...(emit.otlp === undefined ? {} : { emitTo: await targetOf(emit.otlp) }),
    },
  };
}

/** A target with its secrets, which are read now: what is missing is told at the start. */
async function targetOf({ headers, ...target }: OtlpTargetConfig): Promise<OtlpTarget> {
  const revealed = new Map<string, string>();
  for (const [name, source] of Object.entries(headers))
    revealed.set(name, await revealSecret(source));
  return { ...target, headers: revealed };
}

/** Read once now, so that a file without a key is told at the start, and again for each publication. */
async function policyKeysOf(file: string): Promise<() => Promise<string>> {
  try {
    readTrustedKeys(await readFile(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`the policy keys ${file} cannot be used: ${reason}`, { cause: error });
  }
  return async () => readFile(file, 'utf8');
}

/** How the audit log is signed; its key is read now for the same reason. */
async function auditOf({
  keyFile,
  checkpoints,
  retention,
}: CompanionConfig['audit']): Promise<AuditSettings> {
  const { file, otlp, everyMillis } = checkpoints;
  return {
    everyMillis,
    retention: definedOf(retention),
    checkpointFiles: file === undefined ? [] : [file],
    ...(keyFile === undefined ? {} : { key: await readAuditKey(keyFile) }),
    ...(otlp === undefined ? {} : { checkpointsTo: await targetOf(otlp) }),
  };
}

/** The journal's keys, read now for the same reason. */
async function encryptionOf({ encryption }: JournalConfig): Promise<JournalEncryption | undefined> {
  if (encryption === undefined) return undefined;
  const [key, ...olderKeys] = await Promise.all(
    [encryption.key, ...encryption.olderKeys].map(keyOf),
  );
  return key === undefined ? undefined : { key, olderKeys };
}

async function keyOf(source: KeySource): Promise<Uint8Array> {
  if ('file' in source) return readJournalKey(source.file);
  return parseJournalKey(await revealSecret(source), `the variable ${source.env}`);
}

/** The fields that are the exporter's own. */
function exporterOf(config: CompanionConfig): ExporterConfigInput {
  const {
    data: _data,
    listen: _listen,
    tokenFile: _tokenFile,
    policyKeys: _policyKeys,
    webhooks: _webhooks,
    limits: _limits,
    shutdownMillis: _shutdownMillis,
    journal: _journal,
    metrics: _metrics,
    emit: _emit,
    tls: _tls,
    access: _access,
    audit: _audit,
    ...exporter
  } = config;
  return exporter;
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function definedOf<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}

/** Where to listen; the addresses were checked with the configuration. */
export function listenOf({ listen }: CompanionConfig): NonNullable<CompanionOptions['listen']> {
  return {
    otlp: addressOf(listen.otlp),
    console: addressOf(listen.console),
    ...(listen.otlpGrpc === undefined ? {} : { otlpGrpc: addressOf(listen.otlpGrpc) }),
  };
}

function addressOf(text: string): ListenAddress {
  const address = parseAddress(text);
  if (address === undefined) throw new TypeError(`${text} is no address`);
  return address;
}
