import { parseTrees, type ConfigEntry, type Unreadable } from './config-tree.ts';

/** The configurations that a file holds, at least one; or why it holds none. */
export type ReadConfigs =
  | {
      readonly ok: true;
      readonly configs: readonly ConfigEntry[];
      /** Parts without pipelines, which are laid over another configuration. */
      readonly parts: readonly ConfigEntry[];
    }
  | Unreadable;

type Found = { readonly ok: true; readonly configs: readonly ConfigEntry[] } | Unreadable;

/**
 * The configurations of Collectors in a file: the file itself, or what its documents hold. A ConfigMap holds them as
 * texts, a resource of the OpenTelemetry Operator as a text (v1alpha1) or as sections (v1beta1); what else belongs to
 * Kubernetes is passed over.
 */
export function readConfigs(text: string): ReadConfigs {
  const parsed = parseTrees({ text, path: [], linesBefore: 0 });
  if (!parsed.ok) return parsed;
  const configs: ConfigEntry[] = [];
  for (const document of parsed.roots) {
    const read = configsIn(document);
    if (!read.ok) return read;
    configs.push(...read.configs);
  }
  if (configs.length === 0) return noneIn(parsed.roots);
  const isWhole = (config: ConfigEntry): boolean =>
    config.get('service', 'pipelines') !== undefined;
  const [part, ...parts] = configs.filter((config) => !isWhole(config));
  if (part === undefined) return { ok: true, configs, parts: [] };
  return configs.some(isWhole)
    ? { ok: true, configs: configs.filter(isWhole), parts: [part, ...parts] }
    : unreadable(
        part,
        'no service.pipelines: no Collector starts with it alone; of a file that is laid over another, check what both make (`otelcol print-config`)',
      );
}

const SECTIONS = ['service', 'receivers', 'exporters', 'processors', 'connectors', 'extensions'];
const hasSections = (entry: ConfigEntry): boolean =>
  SECTIONS.some((section) => entry.get(section) !== undefined);

function configsIn(document: ConfigEntry): Found {
  if (document.get('kind')?.value !== 'List') return configsOf(document);
  return all(document.get('items')?.items() ?? [], configsOf);
}

/** No list is looked for in a list: by an alias one can be its own item. */
function configsOf(document: ConfigEntry): Found {
  const kind = document.get('kind')?.value;
  if (kind === 'OpenTelemetryCollector') return configOfResource(document);
  if (kind === 'ConfigMap') return all(document.get('data')?.entries() ?? [], textsWithSections);
  return { ok: true, configs: kind === undefined ? [document] : [] };
}

function configOfResource(resource: ConfigEntry): Found {
  const config = resource.get('spec', 'config');
  const text = config?.text();
  if (config === undefined)
    return unreadable(resource, 'this OpenTelemetryCollector has no spec.config');
  if (text === undefined) return { ok: true, configs: [config] };
  const parsed = parseTrees(text);
  return parsed.ok ? { ok: true, configs: parsed.roots } : parsed;
}

/** A ConfigMap may hold other files too: those that are not YAML, or have none of a Collector's sections, are theirs. */
function textsWithSections(entry: ConfigEntry): Found {
  const text = entry.text();
  if (text === undefined || !new RegExp(`^(?:${SECTIONS.join('|')}):`, 'm').test(text.text))
    return { ok: true, configs: [] };
  const parsed = parseTrees(text);
  return parsed.ok ? { ok: true, configs: parsed.roots.filter(hasSections) } : parsed;
}

function all(entries: readonly ConfigEntry[], read: (entry: ConfigEntry) => Found): Found {
  const configs: ConfigEntry[] = [];
  for (const entry of entries) {
    const found = read(entry);
    if (!found.ok) return found;
    configs.push(...found.configs);
  }
  return { ok: true, configs };
}

function noneIn(documents: readonly ConfigEntry[]): Unreadable {
  const kinds = documents.map((document) => String(document.get('kind')?.value));
  return {
    ok: false,
    line: 1,
    message: `no configuration of a Collector in ${[...new Set(kinds)].join(', ')}: give its YAML, a ConfigMap that holds it, or an OpenTelemetryCollector resource`,
  };
}

function unreadable({ line }: ConfigEntry, message: string): Unreadable {
  return { ok: false, line, message };
}
