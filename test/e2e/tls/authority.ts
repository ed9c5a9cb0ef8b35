import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROGRAM = 'openssl';

/** Files of a certificate that an authority has signed. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority of a test's own. */
export interface Authority {
  readonly caFile: string;
  /** @param subject For a server: its addresses, for example `IP:127.0.0.1`; for a client: anything. */
  readonly issue: (name: string, subject?: string) => Promise<Certificate>;
}

/** Makes one in a directory, with the `openssl` of the machine. */
export async function createAuthority(dir: string, name = 'ca'): Promise<Authority> {
  const at = (file: string): string => path.join(dir, file);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const ca = [at(`${name}.pem`), at(`${name}.key`)] as const;
  const self = ['-x509', '-days', '2', '-subj', `/CN=${name}`, '-out', ca[0], '-keyout', ca[1]];
  await run(PROGRAM, ['req', ...key, ...self]);
  return {
    caFile: ca[0],
    issue: async (holder, subject = `DNS:${holder}`) => {
      const [certFile, keyFile, request] = [`${holder}.pem`, `${holder}.key`, `${holder}.csr`].map(
        at,
      );
      if (certFile === undefined || keyFile === undefined || request === undefined)
        throw new Error();
      const extensions = at(`${holder}.ext`);
      await writeFile(extensions, `subjectAltName=${subject}\n`);
      await run(PROGRAM, [
        'req',
        ...key,
        '-subj',
        `/CN=${holder}`,
        '-out',
        request,
        '-keyout',
        keyFile,
      ]);
      const by = ['-CA', ca[0], '-CAkey', ca[1], '-CAcreateserial', '-extfile', extensions];
      await run(PROGRAM, ['x509', '-req', '-days', '2', ...by, '-in', request, '-out', certFile]);
      return { certFile, keyFile };
    },
  };
}
