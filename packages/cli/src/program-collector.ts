import { Option, type Command } from 'commander';

import type { CollectorAnswersInput } from './collector/collector-answers.ts';
import type { End } from './program-options.ts';
import type { Output } from './terminal/output.ts';

/** `collector`: the configuration of the OpenTelemetry Collector that the companion is attached to. */
export function addCollector(program: Command, output: Output, end: End): void {
  const collector = program
    .command('collector')
    .description('The configuration of the OpenTelemetry Collector before the companion.');
  addInit(collector, output, end);
  collector
    .command('check')
    .description('Say where a configuration of the Collector would lose, tear or slow down runs.')
    .argument(
      '<file>',
      'YAML as the Collector reads it, or ConfigMaps and OpenTelemetryCollector resources',
    )
    .option(
      '--exporter <id...>',
      'the exporters to the companion, where neither name nor port tells',
    )
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      '\nExit codes: 0 no known trap (notes do not count), 1 some, 2 no configuration of a Collector.' +
        '\nParts that are not known are no error here: `otelcol validate` knows them.',
    )
    .action(async (file: string, options) => {
      const { checkCollector } = await import('./commands/collector.ts');
      end(await checkCollector(file, options, output));
    });
}

function addInit(collector: Command, output: Output, end: End): void {
  collector
    .command('init')
    .description('Write a complete configuration of a stock Collector.')
    .addOption(
      new Option('--kind <kind>', 'one machine, queue on disk, or several Collectors').choices([
        'laptop',
        'production',
        'gateway',
      ]),
    )
    .option('--companion <url>', 'where the companion takes OTLP/HTTP in')
    .option('--token', 'the companion asks for a token; it is taken from COMPANION_TOKEN')
    .option('--ca-file <file>', "what the companion's certificate is checked against")
    .option('--cert-file <file>', 'mutual TLS: the certificate that the Collector shows')
    .option('--key-file <file>', 'mutual TLS: its private key')
    .option('--traces <url>', 'where Jaeger or Tempo takes OTLP/HTTP in (default: no viewer)')
    .option('--prometheus <host:port>', 'where Prometheus scrapes the Collector (default: nowhere)')
    .option('--redact', 'mask secrets in the Collector already')
    .option('--no-redact', 'leave that to the companion')
    .addOption(
      new Option('--sampling <how>', 'what of the traces viewers get (default none: all)').choices([
        'none',
        'head',
        'tail',
      ]),
    )
    .option('--judged <host:port>', 'take in here what the companion judged (default: nowhere)')
    .option('--logs <url>', 'where that goes as logs (default http://127.0.0.1:3100/otlp)')
    .option(
      '--replicas <name...>',
      "a gateway's instances: one DNS name for all, or each as host:port (default port 14317)",
    )
    .option('--out <file>', 'where to write; - for standard output', 'collector.yaml')
    .option('--force', 'write over a file that is there', false)
    .option('-y, --yes', 'ask nothing', false)
    .option('--json', 'print JSON, ask nothing', false)
    .addHelpText(
      'after',
      '\nWhere standard input is a terminal, asks for all of this where no flag says it, as far as it goes with the answers before.',
    )
    .action(async ({ out, force, yes, json, ...flags }: InitFlags) => {
      const { initCollector, withPerson } = await import('./commands/collector.ts');
      const answers: CollectorAnswersInput = flags;
      const run = withPerson(!yes && !json, (ask) =>
        initCollector({ answers, out, force, json, ask }, output),
      );
      end(await run);
    });
}

interface InitFlags extends CollectorAnswersInput {
  readonly out: string;
  readonly force: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}
