import { SCOPE_NAME } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { boot } from './boot.ts';
import { runtime } from './runtime.ts';
import { giveProviders, type GivenProviders } from './spans/providers.ts';
import { VERSION } from './version.ts';

/** Settings of {@link AftertraceInstrumentation}; all others come from the environment. */
export interface AftertraceInstrumentationConfig {
  /** `false`: nothing is attached to before `enable()`. Default: true. */
  enabled?: boolean;
}

/**
 * For `new NodeSDK({ instrumentations: [new AftertraceInstrumentation()] })` and `registerInstrumentations`, of SDK 2.x and
 * 3.x. Attaches when it is made, so make it before the frameworks load: in a module of `--import`. What was attached stays
 * so: a switch of telemetry is no way around a policy.
 *
 * It has the shape of OpenTelemetry's `Instrumentation` and needs no package of it.
 */
export class AftertraceInstrumentation {
  readonly instrumentationName: string = SCOPE_NAME;
  readonly instrumentationVersion: string = VERSION;
  #config: AftertraceInstrumentationConfig;

  constructor(config: AftertraceInstrumentationConfig = {}) {
    this.#config = { enabled: true, ...config };
    if (this.#config.enabled === true) this.enable();
  }

  /** Attaches to the frameworks that load from now on; the second time does nothing. */
  enable(): void {
    runtime();
    boot().attach();
  }

  /** Does nothing: what enforces a policy is not switched off with telemetry. */
  disable(): void {}

  /** Spans go there. What is registered globally anyway is asked for at each span. */
  setTracerProvider(provider: api.TracerProvider): void {
    const isGlobal = provider === api.trace.getTracerProvider();
    giveProviders({ tracerProvider: isGlobal ? undefined : provider });
  }

  /** Metrics go there. */
  setMeterProvider(provider: api.MeterProvider): void {
    const isGlobal = provider === api.metrics.getMeterProvider();
    giveProviders({ meterProvider: isGlobal ? undefined : provider });
  }

  /** Log events go there: of `@opentelemetry/api` 1.10, or of `@opentelemetry/api-logs` beside 1.9. */
  setLoggerProvider(provider: NonNullable<GivenProviders['loggerProvider']>): void {
    const { logs } = api as { readonly logs?: typeof api.logs };
    const isGlobal = (provider as unknown) === logs?.getLoggerProvider();
    giveProviders({ loggerProvider: isGlobal ? undefined : provider });
  }

  /** `enabled` counts when it is made; later there is `enable()`. */
  setConfig(config: AftertraceInstrumentationConfig): void {
    this.#config = { ...this.#config, ...config };
  }

  getConfig(): AftertraceInstrumentationConfig {
    return this.#config;
  }
}
