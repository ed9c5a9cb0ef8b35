import type { SupportedFramework } from '@aftertrace/instrumentation/supported-frameworks';

import type { Check } from './check.ts';
import type { InstalledPackage } from './installed-packages.ts';
import type { ApplicationSeen } from './run-application.ts';

/** What is known of an application's frameworks. */
export interface FrameworkFacts {
  readonly supported: readonly SupportedFramework[];
  readonly installed: readonly InstalledPackage[];
  /** What was seen while it ran; undefined: it was not run. */
  readonly seen: ApplicationSeen | undefined;
}

/** Which frameworks are attached to, would be, or are not. */
export function checkFrameworks({ supported, installed, seen }: FrameworkFacts): readonly Check[] {
  const checks = supported.flatMap((framework) => {
    const versions = installed.filter(({ name }) => name === framework.package);
    return [...new Set(versions.map(({ version }) => version))].map((version) =>
      seen === undefined ? checkInstalled(framework, version) : checkSeen(framework, version, seen),
    );
  });
  const told = new Set(checks.map(({ subject }) => subject));
  const elsewhere = (seen?.attachments ?? []).filter(
    ({ name, version }) => !told.has(`${name} ${version}`),
  );
  const others = new Set(elsewhere.map(({ name, version }) => `${name}\n${version}`));
  const loaded = [...others].map((key) => {
    const [name = '', version = ''] = key.split('\n');
    const framework = { package: name, versions: '', isSupported: () => true };
    return checkSeen(framework, version, seen);
  });
  const all = [...checks, ...loaded];
  if (all.length > 0) return all;
  return [
    {
      topic: 'framework',
      status: 'note',
      subject: 'frameworks',
      finding: 'none that is known is installed; tools of your own are guarded by guardTool()',
    },
  ];
}

function checkInstalled(framework: SupportedFramework, version: string): Check {
  const about = { topic: 'framework', subject: `${framework.package} ${version}` } as const;
  if (framework.isSupported(version)) {
    const finding = 'will be attached to when it loads, unless the application is bundled';
    return { ...about, status: 'ok', finding };
  }
  return { ...about, status: 'problem', finding: unsupported(framework) };
}

function checkSeen(
  framework: SupportedFramework,
  version: string,
  seen: ApplicationSeen | undefined,
): Check {
  const about = { topic: 'framework', subject: `${framework.package} ${version}` } as const;
  const loaded = (seen?.attachments ?? []).filter(
    (attachment) => attachment.name === framework.package && attachment.version === version,
  );
  const missed = loaded.filter(({ status }) => status === 'unattached');
  if (missed.length > 0) {
    const reasons = [...new Set(missed.map(({ reason }) => reason ?? 'unknown'))].join('; ');
    const finding = `unenforced: it was loaded and not attached to (${reasons})`;
    return { ...about, status: 'problem', finding };
  }
  if (loaded.length > 0) {
    const formats = [...new Set(loaded.map(({ format }) => format))].map((format) =>
      format === 'module' ? 'ESM' : 'CommonJS',
    );
    const symbols = [...new Set(loaded.flatMap(({ symbols: names }) => names))];
    const finding = `attached (${formats.join(' and ')}): ${symbols.join(', ')}`;
    return { ...about, status: 'ok', finding };
  }
  if (!framework.isSupported(version)) {
    return { ...about, status: 'problem', finding: `not loaded so far; ${unsupported(framework)}` };
  }
  const finding =
    'not loaded while it ran. Where the application is bundled with it, nothing is attached to: keep it external, or use guardTool()';
  return { ...about, status: 'note', finding };
}

function unsupported({ versions }: SupportedFramework): string {
  return `unenforced: this version is not attached to; those that are: ${versions}`;
}
