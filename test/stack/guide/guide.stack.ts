import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Ports } from '../../guide/harness/ports.ts';
import { testPage } from '../../guide/harness/test-page.ts';
import { cacheDir } from '../programs/cache-dir.ts';
import { describeWith } from '../programs/describe-with.ts';
import type { Program } from '../programs/program.ts';

/** The agent that pages share. */
const AGENT = { 'no-collector.md': ['agent.mjs'] } as const;

describeWith(['collector'], 'guide: an existing Collector', ({ collector }) => {
  testPage('existing-collector.md', {
    scripts: { 'otelcol-contrib': quiet(collector) },
    env: collectorAddresses,
    borrows: AGENT,
  });
});

describeWith(
  ['collector', 'jaeger', 'prometheus'],
  'guide: failures in Jaeger and Prometheus',
  ({ collector, jaeger, prometheus }) => {
    testPage('view-failures.md', {
      tools: { jaeger: jaeger.program, prometheus: prometheus.program },
      scripts: { 'otelcol-contrib': quiet(collector) },
      env: collectorAddresses,
      borrows: AGENT,
    });
  },
);

/** Kept between runs, so that packages are installed once for each version of the page's list. */
const pythonDir = path.join(cacheDir(), `guide-python-${await pinsOf('python-agents.md')}`);

describeWith(['collector', 'python'], 'guide: Python agents', (programs) => {
  testPage('python-agents.md', {
    tools: { python3: programs.python.program },
    scripts: { otelcol: quiet(programs.collector) },
    kept: { dir: pythonDir, names: ['.venv'] },
  });
});

/** Without metrics of its own, which a Collector tells on port 8888 unless it is told otherwise. */
function quiet({ program }: Program): string {
  return `exec '${program}' "$@" '--config=yaml:service::telemetry::metrics::level: none'`;
}

/** Configurations that `aftertrace collector init` writes take their addresses from the environment. */
function collectorAddresses(ports: Ports): Readonly<Record<string, string>> {
  return {
    OTLP_HTTP_ADDRESS: `127.0.0.1:${ports.of(4318)}`,
    OTLP_GRPC_ADDRESS: `127.0.0.1:${ports.of(4317)}`,
    COMPANION_OTLP_URL: `http://127.0.0.1:${ports.of(4319)}`,
  };
}

/** A name for what a page installs with pip. */
async function pinsOf(page: string): Promise<string> {
  const file = fileURLToPath(new URL(`../../../docs/guide/${page}`, import.meta.url));
  const pins = (await readFile(file, 'utf8')).match(/[\w-]+==[\d.]+\w*/g) ?? [];
  return createHash('sha256').update(pins.join('\n')).digest('hex').slice(0, 8);
}
