/** What a `docker run` of a page gives to whom. */
export interface DockerRun {
  readonly image: string;
  /** After the image: what the program of the image is given. */
  readonly args: readonly string[];
  /** Path in the container, by path of the reader's directory. */
  readonly mounts: ReadonlyMap<string, string>;
  readonly isReadOnly: (place: string) => boolean;
  readonly tmpfs: readonly string[];
  /** Whether it runs as the reader. */
  readonly asReader: boolean;
}

const HERE = '"$PWD/';
const READER = '"$(id -u):$(id -g)"';

/** Reads the `docker run` of a block. An option that is not known here is an error: nothing would have checked it. */
export function readDockerRun(block: string): DockerRun {
  const [, command = ''] = /^docker run ([^]*)$/m.exec(block.replaceAll('\\\n', ' ')) ?? [];
  const words = command.trim().match(/(?:"[^"]*"|\S)+/g) ?? [];
  const mounts = new Map<string, string>();
  const readOnly = new Set<string>();
  const tmpfs: string[] = [];
  let [isRemoved, isOfHost, asReader] = [false, false, false];
  for (;;) {
    const option = words.shift() ?? '';
    if (option === '--rm') isRemoved = true;
    else if (!option.startsWith('-')) {
      if (!isRemoved || !isOfHost) throw new Error(`without --rm or --network host: ${command}`);
      const isReadOnly = (place: string): boolean => readOnly.has(place);
      return { image: option, args: words, mounts, isReadOnly, tmpfs, asReader };
    } else {
      const value = words.shift() ?? '';
      if (option === '--network' && value === 'host') isOfHost = true;
      else if (option === '--user' && value === READER) asReader = true;
      else if (option === '--tmpfs') tmpfs.push(value);
      else if (option === '-v' && value.startsWith(HERE)) {
        const [from = '', to = '', mode] = value.slice(HERE.length, -1).split(':');
        mounts.set(from, to);
        if (mode === 'ro') readOnly.add(from);
      } else throw new Error(`${option} ${value} is not known here: ${command}`);
    }
  }
}
