import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort } from './free-port.ts';
import { startProgram, type RunningProgram } from './start-program.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** As the compose file of the example provisions it. */
const EXAMPLE = path.join(ROOT, 'examples/stack/grafana');
const DASHBOARDS = path.join(ROOT, 'collector-config/grafana/dashboards');
/** Where its own files are, beside a program that was not unpacked from its archive. */
const HOME_VARIABLE = 'AFTERTRACE_TEST_GRAFANA_HOME';
const INSTALLED = '/usr/share/grafana';

export interface Grafana extends RunningProgram {
  /** Answer of its API, as somebody who may only look: a body is sent with POST. */
  readonly api: (path: string, body?: object) => Promise<GrafanaAnswer>;
}

export interface GrafanaAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface GrafanaStart {
  readonly program: string;
  /** Working directory, place of its log and its data. */
  readonly dir: string;
  readonly prometheus: string;
  readonly jaeger: string;
}

/** Starts Grafana with the data sources and dashboards of the example; only addresses and paths are other ones. */
export async function startGrafana(start: GrafanaStart): Promise<Grafana> {
  const dir = path.join(start.dir, 'grafana');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await provision(path.join(dir, 'provisioning'), start);
  const running = await startProgram({
    name: 'grafana',
    command: [start.program, 'server', '--homepath', homeOf(start.program)],
    dir,
    env: {
      GF_SERVER_HTTP_ADDR: '127.0.0.1',
      GF_SERVER_HTTP_PORT: String(port),
      GF_PATHS_DATA: path.join(dir, 'data'),
      GF_PATHS_LOGS: path.join(dir, 'logs'),
      GF_PATHS_PLUGINS: path.join(dir, 'plugins'),
      GF_PATHS_PROVISIONING: path.join(dir, 'provisioning'),
      // Where it makes an admin and the second changes meanwhile, 10.0 makes its organization twice, and ends.
      GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION: 'true',
      GF_AUTH_ANONYMOUS_ENABLED: 'true',
      GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
    },
    ports: [port],
    isReady: () =>
      fetch(`${url}/api/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
  return {
    ...running,
    api: async (path, body) => {
      const headers = { 'content-type': 'application/json' };
      const sent = body && { method: 'POST', headers, body: JSON.stringify(body) };
      const answer = await fetch(`${url}${path}`, sent);
      return { status: answer.status, body: await answer.json() };
    },
  };
}

async function provision(dir: string, { prometheus, jaeger }: GrafanaStart): Promise<void> {
  for (const kind of ['datasources', 'dashboards', 'plugins', 'notifiers', 'alerting'])
    await mkdir(path.join(dir, kind), { recursive: true });
  const changed = async (kind: string, changes: readonly (readonly [string, string])[]) => {
    let text = await readFile(path.join(EXAMPLE, `${kind}.yaml`), 'utf8');
    for (const [from, to] of changes) {
      if (!text.includes(from)) throw new Error(`${kind}.yaml does not name ${from}`);
      text = text.replace(from, to);
    }
    await writeFile(path.join(dir, kind, 'aftertrace.yaml'), text);
  };
  await changed('datasources', [
    ['http://prometheus:9090', prometheus],
    ['http://jaeger:16686', jaeger],
  ]);
  await changed('dashboards', [['/var/lib/grafana/dashboards', DASHBOARDS]]);
}

/** The program lies in `bin/` of its archive; packages put the rest elsewhere. */
function homeOf(program: string): string {
  const beside = path.join(path.dirname(program), '..');
  const isWhole = existsSync(path.join(beside, 'conf/defaults.ini'));
  return process.env[HOME_VARIABLE] ?? (isWhole ? beside : INSTALLED);
}
