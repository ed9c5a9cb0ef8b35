import * as api from '@opentelemetry/api';

/** Where telemetry goes, other than to what is registered globally. */
export interface GivenProviders {
  readonly tracerProvider?: api.TracerProvider | undefined;
  readonly meterProvider?: api.MeterProvider | undefined;
  readonly loggerProvider?: Pick<api.LoggerProvider, 'getLogger'> | undefined;
}

let given: GivenProviders = {};

/**
 * Takes providers that `registerInstrumentations` or an SDK hands over. What is registered globally anyway is not kept: an SDK
 * may start later, and meters of before it would stay without effect for ever.
 */
export function giveProviders(providers: GivenProviders): void {
  given = { ...given, ...providers };
}

/** What was handed over and is not what is registered globally. */
export function givenProviders(): GivenProviders {
  return given;
}

/** The provider of meters that is there now. */
export function meterProvider(): api.MeterProvider {
  return given.meterProvider ?? api.metrics.getMeterProvider();
}

/** The provider of tracers that is there now. */
export function tracerProvider(): api.TracerProvider {
  return given.tracerProvider ?? api.trace.getTracerProvider();
}
