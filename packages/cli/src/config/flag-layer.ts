import { CommandError, ExitCode } from '../exit-code.ts';
import { layerOfFields, type ConfigLayer } from './config-layer.ts';
import { settingValue } from './environment-layer.ts';

/** The flags of `aftertrace serve` that set something; absent where they were not given. */
export interface ConfigFlags {
  readonly data?: string;
  readonly otlp?: string;
  readonly otlpGrpc?: string;
  readonly console?: string;
  readonly allowHost?: readonly string[];
  readonly tokenFile?: string;
  readonly policyKeys?: string;
  readonly webhook?: readonly string[];
  readonly webhookSecretFile?: string;
  readonly allowPrivateWebhooks?: boolean;
  readonly keepSuccesses?: number;
  readonly content?: string;
  /** Of `--profiles`, read. */
  readonly toolProfiles?: readonly unknown[];
  /** `field=value`, for every field that has no flag of its own. */
  readonly set?: readonly string[];
}

const FIELDS = [
  ['data', 'data', '--data'],
  ['otlp', 'listen.otlp', '--otlp'],
  ['otlpGrpc', 'listen.otlpGrpc', '--otlp-grpc'],
  ['console', 'listen.console', '--console'],
  ['allowHost', 'listen.allowedHosts', '--allow-host'],
  ['tokenFile', 'tokenFile', '--token-file'],
  ['policyKeys', 'policyKeys', '--policy-keys'],
  ['keepSuccesses', 'sampling.successRatio', '--keep-successes'],
  ['content', 'content', '--content'],
  ['toolProfiles', 'toolProfiles', '--profiles'],
] as const;

/**
 * The settings that stand on the command line.
 *
 * @throws CommandError (USAGE) for flags that do not go together.
 */
export function flagLayer(flags: ConfigFlags): ConfigLayer {
  const fields = FIELDS.flatMap(([flag, field, name]) => {
    const value = flags[flag];
    return value === undefined ? [] : [{ path: field.split('.'), value, name }];
  });
  const set = (flags.set ?? []).map((text) => ({ ...setting(text), name: `--set ${text}` }));
  return layerOfFields([...fields, ...webhooks(flags), ...set]);
}

function setting(text: string): { readonly path: readonly string[]; readonly value: unknown } {
  const at = text.indexOf('=');
  if (at < 1)
    throw new CommandError(`--set ${text}: expected FIELD=VALUE, for example files.hermes=true`, {
      exitCode: ExitCode.USAGE,
    });
  return { path: text.slice(0, at).split('.'), value: settingValue(text.slice(at + 1)) };
}

function webhooks(
  flags: ConfigFlags,
): readonly { readonly path: readonly string[]; readonly value: unknown; readonly name: string }[] {
  const { webhook = [], webhookSecretFile, allowPrivateWebhooks = false } = flags;
  if (webhook.length === 0) return [];
  if (webhookSecretFile === undefined) {
    throw new CommandError('--webhook needs --webhook-secret-file: notices are signed', {
      exitCode: ExitCode.USAGE,
    });
  }
  const value = webhook.map((url) => ({
    url,
    secretFile: webhookSecretFile,
    allowPrivate: allowPrivateWebhooks,
  }));
  return [{ path: ['webhooks'], value, name: '--webhook' }];
}
