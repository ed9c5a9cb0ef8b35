import { freePort } from '../../stack/harness/free-port.ts';

/** Well-known ports that pages name, or that programs take by default. */
const PORTS = [
  3000, 4317, 4318, 4319, 4320, 8888, 8889, 9090, 9100, 9464, 13133, 14318, 16685, 16686,
] as const;

/**
 * Pages name the ports that readers use. A test takes free ones in their place, in commands and files, and nothing else
 * is changed.
 */
export interface Ports {
  readonly of: (port: (typeof PORTS)[number]) => number;
  /** A page's text with the ports of the test. */
  readonly toTest: (text: string) => string;
  /** What a program printed with the ports of the page. */
  readonly toPage: (text: string) => string;
}

export async function takePorts(): Promise<Ports> {
  const taken = new Map<number, number>();
  for (const port of PORTS) taken.set(port, await freePort());
  const back = new Map([...taken].map(([port, free]) => [free, port]));
  const exchange = (text: string, by: ReadonlyMap<number, number>): string =>
    text.replaceAll(/\b\d{4,5}\b/g, (digits) => String(by.get(Number(digits)) ?? digits));
  return {
    of: (port) => taken.get(port) ?? port,
    toTest: (text) => exchange(text, taken),
    toPage: (text) => exchange(text, back),
  };
}
