import { readFile } from 'node:fs/promises';

import type { ReceiverTls } from '@aftertrace/exporter';

import type { TlsConfig } from '../config/companion-config.ts';
import { CommandError } from '../exit-code.ts';

/**
 * The certificate, its key and whom it lets in, read now.
 *
 * @throws CommandError that names the file and never its content.
 */
export async function readTls(config: TlsConfig): Promise<ReceiverTls> {
  const { certFile, keyFile, clientCaFile } = config;
  const [cert, key] = await Promise.all([
    readPem(certFile, 'certificate'),
    readPem(keyFile, 'key of the certificate'),
  ]);
  if (clientCaFile === undefined) return { cert, key };
  return { cert, key, clientCa: await readPem(clientCaFile, "authority of clients' certificates") };
}

async function readPem(file: string, what: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new CommandError(`cannot read the ${what} from ${file}`, { cause });
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new CommandError(`${file} holds no PEM; expected the ${what}`);
}

/** How often the files of a certificate are looked at: those who renew it do not tell us. */
const LOOK_MILLIS = 60_000;

/** Tells of each certificate that takes the place of the one before. Returns a way to stop looking. */
export function watchTls(
  config: TlsConfig,
  { before, onRenewed, onProblem }: TlsWatch,
): () => void {
  let present = JSON.stringify(before);
  const look = async (): Promise<void> => {
    try {
      const found = await readTls(config);
      const text = JSON.stringify(found);
      if (text === present) return;
      onRenewed(found);
      present = text;
    } catch (error) {
      // Half-written, or a key that does not fit yet: the certificate of before stays, and this is looked at again.
      onProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const timer = setInterval(() => void look(), LOOK_MILLIS);
  timer.unref();
  return () => clearInterval(timer);
}

interface TlsWatch {
  readonly before: ReceiverTls;
  /** @throws where it cannot be used. */
  readonly onRenewed: (tls: ReceiverTls) => void;
  readonly onProblem: (message: string) => void;
}
