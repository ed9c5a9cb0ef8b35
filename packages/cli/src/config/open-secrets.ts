import { stat } from 'node:fs/promises';
import path from 'node:path';

import type { CompanionConfig, OtlpTargetConfig } from './companion-config.ts';
import { Secret } from './secret.ts';

/** What is wrong with who may use a file; undefined where only its owner may, it is not there, or the system has no modes. */
export async function opennessOf(file: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const mode = await stat(file).then(
    (found) => found.mode & 0o777,
    () => undefined, // Whoever reads it says that it is not there.
  );
  if (mode === undefined || (mode & 0o077) === 0) return undefined;
  return `others than its owner may use it (mode ${mode.toString(8).padStart(4, '0')}); chmod 600 it`;
}

/**
 * A line for each file with a secret that others than its owner may use. Such files are used all the same: a secret that is
 * mounted into a container often has such a mode, and a companion that does not start protects nobody.
 */
export async function openSecrets(
  config: CompanionConfig,
  dataDir: string,
): Promise<readonly string[]> {
  const lines = await Promise.all(
    secretFiles(config, dataDir).map(async ([what, file]) => {
      const openness = await opennessOf(file);
      return openness === undefined ? [] : [`the ${what} in ${file} is no secret: ${openness}`];
    }),
  );
  return lines.flat();
}

function secretFiles(
  { tokenFile, tls, webhooks, metrics, emit, audit }: CompanionConfig,
  dataDir: string,
): readonly (readonly [what: string, file: string])[] {
  return [
    ['token', tokenFile ?? path.join(dataDir, 'token')],
    ...(audit.keyFile === undefined
      ? [['key of the audit log', path.join(dataDir, 'audit.key.pem')] as const]
      : []),
    ...(tls === undefined ? [] : [['key of the certificate', tls.keyFile] as const]),
    ...webhooks.map(({ secretFile }) => ['signing secret', secretFile] as const),
    ...[metrics.otlp, emit.otlp, audit.checkpoints.otlp].flatMap(headerFiles),
  ];
}

function headerFiles(
  target: OtlpTargetConfig | undefined,
): readonly (readonly [what: string, file: string])[] {
  return Object.entries(target?.headers ?? {}).flatMap(([name, source]) =>
    !(source instanceof Secret) && 'file' in source
      ? [[`header ${name}`, source.file] as const]
      : [],
  );
}
