import { loadHookKind, SUPPORTED_NODE } from '@aftertrace/instrumentation/supported-frameworks';

import type { Check } from './check.ts';
import type { InstalledPackage } from './installed-packages.ts';

/** How this Node is attached to. */
export function checkNode(version: string): Check {
  const about = { topic: 'node', subject: `Node ${version}` } as const;
  const kind = loadHookKind(version);
  if (kind === 'in-thread') {
    return { ...about, status: 'ok', finding: "attaches in the application's thread" };
  }
  if (kind === 'loader-thread') {
    const finding =
      'attaches by a loader in a thread of its own: a slower start. Newer releases of this major do without, but for 23';
    return { ...about, status: 'note', finding };
  }
  return { ...about, status: 'problem', finding: `cannot be attached to; use ${SUPPORTED_NODE}` };
}

/** Who else records the same calls, by the name of the package, and what that means. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [
    /^@arizeai\/openinference-instrumentation-/,
    'OpenInference opens spans of its own for the same calls: keep one of the two for what is billed or counted',
  ],
  [
    /^@traceloop\/(?:node-server-sdk|instrumentation-)/,
    'OpenLLMetry opens spans of its own for the same calls: keep one of the two for what is billed or counted',
  ],
  [
    /^(?:langfuse|langfuse-(?:node|langchain|vercel)|@langfuse\/(?:otel|openai|langchain|vercel-ai-sdk))$/,
    'Langfuse may open spans of its own for the same calls, where its wrappers are used',
  ],
  [
    /^@sentry\/node$/,
    'Sentry records model calls of some frameworks too; an OpenTelemetry provider that it starts is used by us',
  ],
  [
    /^dd-trace$/,
    'dd-trace records model calls too, and its AI Guard may abort them by itself; an OpenTelemetry provider that it registers is used by us',
  ],
  [
    /^@opentelemetry\/instrumentation-openai$/,
    'opens spans of its own for calls of openai: keep one of the two for what is billed or counted',
  ],
  [/^(?:langsmith|braintrust)$/, 'may record the same calls, where its wrappers are used'],
  [/^@ai-sdk\/otel$/, "the AI SDK's own spans are enriched, none are opened beside them"],
];

/** Instrumentations of others that are installed beside ours. */
export function checkOthers(installed: readonly InstalledPackage[]): readonly Check[] {
  return OTHERS.flatMap(([pattern, finding]) => {
    const found = installed.filter(({ name }) => pattern.test(name));
    return [...new Set(found.map(subjectOf))].map((subject): Check => ({
      topic: 'doubled',
      status: 'note',
      subject,
      finding,
    }));
  });
}

/** Copies that do not know of each other. */
export function checkCopies(installed: readonly InstalledPackage[]): readonly Check[] {
  const versionsOf = (wanted: string): readonly string[] => [
    ...new Set(installed.filter(({ name }) => name === wanted).map(({ version }) => version)),
  ];
  const checks: Check[] = [];
  const apis = versionsOf('@opentelemetry/api');
  if (apis.length > 1) {
    checks.push({
      topic: 'opentelemetry',
      status: 'problem',
      subject: `@opentelemetry/api ${apis.join(', ')}`,
      finding:
        'more than one version: an SDK that registers with the older one is not seen through the newer one, and spans are lost in silence. Make them one',
    });
  }
  const ours = versionsOf('@aftertrace/instrumentation');
  if (ours.length > 1) {
    checks.push({
      topic: 'doubled',
      status: 'problem',
      subject: `@aftertrace/instrumentation ${ours.join(', ')}`,
      finding: 'more than one version: the first that loads governs for all. Make them one',
    });
  }
  const sdks = new Set(
    versionsOf('@opentelemetry/sdk-node').map((version) => version.split('.')[1] ?? ''),
  );
  if (sdks.size > 1) {
    checks.push({
      topic: 'opentelemetry',
      status: 'note',
      subject: `@opentelemetry/sdk-node ${versionsOf('@opentelemetry/sdk-node').join(', ')}`,
      finding: 'more than one SDK is installed; the first that starts is used',
    });
  }
  return checks;
}

function subjectOf({ name, version }: InstalledPackage): string {
  return `${name} ${version}`;
}
