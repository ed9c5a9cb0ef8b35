/**
 * The configurations in `collector-config/`, made as `aftertrace collector init` makes them, and the page of what
 * `aftertrace collector check` knows. `pnpm docs:collector` writes them; a test compares what is committed.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { CHECK_RULES } from '../../packages/cli/src/collector/check/check-rules.ts';
import { COMMITTED_CONFIGS } from '../../packages/cli/src/collector/committed-configs.ts';
import { writeCollectorConfig } from '../../packages/cli/src/collector/write-config.ts';

const FOLDER = fileURLToPath(new URL('../../collector-config', import.meta.url));

/** Where a configuration is committed. */
export function collectorConfigPath(file: string): string {
  return path.join(FOLDER, file);
}

/** File names and texts. */
export function collectorConfigs(): ReadonlyMap<string, string> {
  return new Map(
    COMMITTED_CONFIGS.map(({ file, answers }) => [file, writeCollectorConfig(answers)]),
  );
}

/** Where the page of the rules is committed. */
export const CHECK_PAGE = fileURLToPath(
  new URL('../../docs/reference/collector-check.md', import.meta.url),
);

/** The page of the rules. */
export function checkPage(): string {
  const rows = Object.entries(CHECK_RULES).map(
    ([id, { severity, what, why, fix }]) =>
      `| \`${id}\` | ${severity} | ${what} | ${why} | ${fix.replaceAll('|', '\\|')} |`,
  );
  return `${INTRO}\n${rows.join('\n')}\n`;
}

const INTRO = `# What \`aftertrace collector check\` knows

Made by \`pnpm docs:collector\` from the rules.

\`aftertrace collector check FILE\` reads a configuration of the OpenTelemetry Collector (YAML; a ConfigMap that holds it as a text; an \`OpenTelemetryCollector\` resource of the Operator, v1alpha1 or v1beta1; each alone or among other documents of one file, of which all are read) and says where it would lose, tear or slow down what is for the companion: rule, line, why, what to do. \`--json\` gives the same as JSON. Exit codes: 0 nothing but notes, 1 errors or warnings, 2 no configuration of a Collector.

It looks at exporters to the companion, known by "companion" or "aftertrace" in their names, by port 4319 or by \`--exporter\`; at load balancers whose agents have no other way to it; and at everything before them, through connectors too. Defaults of environment variables count (\`\${env:NAME:-default}\`); what has none is not judged. What processors of others do is judged by the names of OpenTelemetry and Aftertrace that the companion reads, not by those of OpenInference, OpenLLMetry and others; what hangs on a condition is noted, and not judged. Parts that it does not know are no error: \`otelcol validate\` knows them.

| rule | severity | what | why | what to do |
| --- | --- | --- | --- | --- |`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of collectorConfigs()) await writeFile(collectorConfigPath(file), text);
  await writeFile(CHECK_PAGE, checkPage());
}
