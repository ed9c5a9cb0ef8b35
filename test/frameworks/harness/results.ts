import { mkdir, readFile, writeFile } from 'node:fs/promises';

import type { FrameworkUnderTest, ScenarioName } from '../framework-under-test.ts';
import { SCENARIOS } from '../scenarios.ts';
import type { Cell } from './cell.ts';

/** What became of one scenario with one version of a framework, over all the processes that played it. */
export type Verdict =
  | 'yes'
  /** The framework ends the run here; what was judged holds. */
  | 'rejects'
  /** In some process something was not as it must be. */
  | 'no'
  | { readonly lacks: string };

/** One version of a framework. */
export interface VersionResult {
  readonly framework: string;
  readonly package: string;
  readonly install: string;
  readonly version: string;
  /** Where it ran: `esm, Node 22, SDK 3`. */
  readonly ran: readonly string[];
  readonly scenarios: Readonly<Record<string, Verdict>>;
}

/** One file a framework. */
const FOLDER = new URL('../results/', import.meta.url);

/** What one process showed. */
export interface CellResult {
  readonly cell: Cell;
  readonly version: string;
  readonly failed: readonly ScenarioName[];
}

/** One result a version, in the order of the frameworks' files. */
export function gather(results: readonly CellResult[]): readonly VersionResult[] {
  const byInstall = Map.groupBy(
    results,
    ({ cell }) => `${cell.framework.name} ${cell.install.folder}`,
  );
  return [...byInstall.values()].flatMap((list) => {
    const [first] = list;
    if (first === undefined) return [];
    const { framework, install } = first.cell;
    const failed = new Set(list.flatMap((one) => one.failed));
    const verdict = (name: ScenarioName): Verdict => {
      const lacks = framework.lacks[name] ?? install.lacks?.[name];
      if (lacks !== undefined) return { lacks };
      if (failed.has(name)) return 'no';
      const dies = [...(framework.dies ?? []), ...(install.dies ?? [])];
      return dies.includes(name) ? 'rejects' : 'yes';
    };
    return [
      {
        framework: framework.name,
        package: framework.package,
        install: install.folder,
        version: first.version,
        ran: list
          .map(({ cell }) => `${cell.format}, Node ${cell.node}, SDK ${cell.sdk}`)
          .toSorted(),
        scenarios: Object.fromEntries(SCENARIOS.map(({ name }) => [name, verdict(name)])),
      },
    ];
  });
}

/** The committed results of these frameworks, in their order. */
export async function readResults(
  frameworks: readonly string[],
): Promise<readonly VersionResult[]> {
  const lists = await Promise.all(frameworks.map((name) => readResult(name)));
  return lists.flat();
}

async function readResult(framework: string): Promise<readonly VersionResult[]> {
  const text = await readFile(fileOf(framework), 'utf8').catch(() => '[]');
  return JSON.parse(text) as readonly VersionResult[];
}

/** Puts new results in the place of those of the same installs; those of installs that are gone go. */
export async function writeResults(
  { name, installs }: Pick<FrameworkUnderTest, 'name' | 'installs'>,
  fresh: readonly VersionResult[],
): Promise<void> {
  const kept = await readResult(name);
  const own = fresh.filter(({ framework }) => framework === name);
  if (own.length === 0) return;
  const byInstall = new Map([...kept, ...own].map((result) => [result.install, result]));
  const all = installs.flatMap(({ folder }) => byInstall.get(folder) ?? []);
  await mkdir(FOLDER, { recursive: true });
  await writeFile(fileOf(name), `${JSON.stringify(all, undefined, 2)}\n`);
}

function fileOf(framework: string): URL {
  return new URL(`${framework}.json`, FOLDER);
}
