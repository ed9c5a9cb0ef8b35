/**
 * The Node options that attach Aftertrace to a process: `--import` of this installation's `@aftertrace/node`, so that an
 * application needs no dependency on it. From the sources, the condition that finds them comes along.
 */
export function preloadOptions(): string[] {
  const preload = import.meta.resolve('@aftertrace/node');
  const conditions = preload.endsWith('.ts') ? ['--conditions=@aftertrace/source'] : [];
  return [...conditions, '--import', preload];
}
