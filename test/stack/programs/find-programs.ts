import { locateCollector } from '../../collector/collector.ts';
import { locateGrafana } from './locate-grafana.ts';
import { locateJaeger } from './locate-jaeger.ts';
import { locateKubectlValidate } from './locate-kubectl-validate.ts';
import { locatePrometheus } from './locate-prometheus.ts';
import { locatePython } from './locate-python.ts';
import { onPath } from './on-path.ts';
import type { LocateOptions, Program } from './program.ts';

/** Everything that suites may ask for. */
export const PROGRAM_NAMES = [
  'collector',
  'previous-collector',
  'jaeger',
  'prometheus',
  'promtool',
  'python',
  'kubectl-validate',
  'grafana',
] as const;
export type ProgramName = (typeof PROGRAM_NAMES)[number];

/** What may be missing where nothing else may: it is not one of those that are built. */
export const OPTIONAL_PROGRAMS: ReadonlySet<ProgramName> = new Set(['grafana']);

/** What of it this machine has, or can be given. */
export type FoundPrograms = Readonly<Partial<Record<ProgramName, Program>>>;

const LOCATE: {
  readonly [Name in ProgramName]: (options: LocateOptions) => Promise<Program | undefined>;
} = {
  collector: (options) => locateCollector({ ...options, release: 'current' }),
  'previous-collector': (options) => locateCollector({ ...options, release: 'previous' }),
  jaeger: locateJaeger,
  prometheus: (options) => locatePrometheus('prometheus', options),
  promtool: (options) => locatePrometheus('promtool', options),
  python: locatePython,
  'kubectl-validate': locateKubectlValidate,
  grafana: locateGrafana,
};

/** Finds programs and builds those that are missing, one after the other. */
export async function findPrograms(
  names: readonly ProgramName[],
  options: LocateOptions,
): Promise<FoundPrograms> {
  const found: Partial<Record<ProgramName, Program>> = {};
  for (const name of names) {
    const program = await LOCATE[name](options);
    if (program !== undefined)
      found[name] = { ...program, program: onPath(program.program, options.env ?? process.env) };
  }
  return found;
}
