import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** A line for the person who waits. */
  readonly note: (text: string) => void;
}

const LAST_WORDS = 2000;

/** Runs a command to its end and tells what it downloads; `false`: it failed, and its last words were told. */
export function runCommand(command: readonly string[], options: CommandOptions): Promise<boolean> {
  const [program = '', ...args] = command;
  options.note(`$ ${program} ${args.join(' ')}`);
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let last = '';
    const hear = (chunk: Buffer): void => {
      last = `${last}${chunk.toString()}`.slice(-LAST_WORDS);
      const downloads = chunk.toString().match(/^go: downloading \S+/gm) ?? [];
      for (const line of downloads) options.note(`  ${line}`);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', (error) => {
      options.note(`${program} could not be started: ${error.message}`);
      resolve(false);
    });
    child.on('close', (code) => {
      if (code !== 0) options.note(last.trim());
      resolve(code === 0);
    });
  });
}
