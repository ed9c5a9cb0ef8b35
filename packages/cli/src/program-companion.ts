import type { Command } from 'commander';

import {
  addressOption,
  configOption,
  setOption,
  withRecording,
  type End,
} from './program-options.ts';
import type { Output } from './terminal/output.ts';

/** `serve` and `dev`: the commands that run a companion. */
export function addRunning(program: Command, output: Output, end: End): void {
  addServe(program, output, end);
  addDev(program, output, end);
}

function addServe(program: Command, output: Output, end: End): void {
  const serving = program
    .command('serve')
    .description('Run the companion: OTLP in, trajectories, incidents and controls out.')
    .option('--data <dir>', 'data directory (default .aftertrace, or $AFTERTRACE_DATA)')
    .addOption(addressOption('--otlp <host:port>', 'listen for OTLP/HTTP (default 127.0.0.1:4319)'))
    .addOption(addressOption('--otlp-grpc <host:port>', 'listen for OTLP/gRPC too'))
    .addOption(
      addressOption('--console <host:port>', 'listen for control (default 127.0.0.1:4320)'),
    )
    .option('--allow-host <name...>', 'further host names under which control is addressed')
    .option('--token-file <file>', 'read the token from a file instead of generating one')
    .option('--policy-keys <file>', 'publish only policies signed with one of these public keys')
    .option('--webhook <url...>', 'tell this address about incidents (CloudEvents, signed)')
    .option('--webhook-secret-file <file>', 'signing secret for the webhooks, whsec_<base64>')
    .option('--allow-private-webhooks', 'let webhooks go to loopback and private addresses');
  withRecording(serving)
    .addHelpText('after', '\nFlags win over the environment, that over the file.')
    .action(async ({ config, profiles, ...flags }) => {
      const { serve } = await import('./commands/serve.ts');
      end(await serve({ config, profiles, flags }, output));
    });
}

function addDev(program: Command, output: Output, end: End): void {
  const developing = program
    .command('dev')
    .description('Run a companion and an application under it; nothing is enforced.')
    .usage('[options] -- node app.js')
    .argument('<command...>', 'the application, after --')
    .option('--data <dir>', 'data directory (default .aftertrace, or $AFTERTRACE_DATA)')
    .option('--no-content', 'do not capture message content; as --content none');
  withRecording(developing)
    .addHelpText(
      'after',
      '\nFlags win over the environment, that over the file. It listens on free ports of loopback and tells nobody about\n' +
        'incidents: listen, tokenFile and webhooks of a configuration are those of "aftertrace serve".',
    )
    .passThroughOptions()
    .action(async (command: string[], { config, profiles, ...flags }) => {
      const { dev } = await import('./commands/dev.ts');
      end(await dev(command, { config, profiles, flags: withoutContent(flags) }, output));
    });
}

/** `--no-content` says what `--content none` says. */
function withoutContent<Flags extends { readonly content?: string | boolean }>({
  content,
  ...flags
}: Flags): Omit<Flags, 'content'> & { readonly content?: string } {
  if (content === false) return { ...flags, content: 'none' };
  return typeof content === 'string' ? { ...flags, content } : flags;
}

/** `config`: looks at the companion's configuration. */
export function addConfig(program: Command, output: Output, end: End): void {
  const config = program.command('config').description("The companion's configuration.");
  config
    .command('check')
    .description('Say what is wrong with a configuration file.')
    .argument('<file>')
    .option('--json', 'print JSON', false)
    .action(async (file: string, options) => {
      const { checkConfig } = await import('./commands/config.ts');
      end(await checkConfig(file, options, output));
    });
  config
    .command('show')
    .description('Print what is in force: defaults, file, environment, flags. Secrets are hidden.')
    .addOption(configOption())
    .option('--data <dir>', 'data directory')
    .addOption(setOption())
    .option('--json', 'print JSON', false)
    .action(async (options) => {
      const { showConfig } = await import('./commands/config.ts');
      end(await showConfig(options, output));
    });
  config
    .command('schema')
    .description('Print the JSON Schema of the file, for editors.')
    .action(async () => {
      const { printConfigSchema } = await import('./commands/config.ts');
      end(printConfigSchema(output));
    });
}
