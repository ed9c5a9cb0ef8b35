import { findCompanion, type CompanionAddress } from '@aftertrace/instrumentation';
import { Env } from '@aftertrace/schema/names';

/** Where telemetry goes. */
export type Destination =
  /** The standard variables say it all; the SDK reads them itself. */
  | { readonly kind: 'standard' }
  /** The companion, found by its environment or its file. */
  | {
      readonly kind: 'companion';
      readonly otlp: string;
      readonly token: string | undefined;
      /** For an address that begins with `https:`. */
      readonly tls: CompanionAddress['tls'];
    };

const STANDARD_VARIABLES = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT',
];

/** An OTLP endpoint that is set wins; else the companion's; else OpenTelemetry's defaults. */
export function destinationOf(env: Readonly<Record<string, string | undefined>>): Destination {
  if (STANDARD_VARIABLES.some((name) => isSet(env[name]))) return { kind: 'standard' };
  const companion = findCompanion(env);
  const otlp = companion?.otlp ?? addressIn(env[Env.OTLP]);
  if (otlp === undefined) return { kind: 'standard' };
  return { kind: 'companion', otlp, token: companion?.token, tls: companion?.tls ?? {} };
}

function addressIn(value: string | undefined): string | undefined {
  return value !== undefined && URL.canParse(value) ? value.replace(/\/+$/, '') : undefined;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== '';
}
