/**
 * Whether a file of a directory belongs to the bundle that the directory is: YAML and JSON do, hidden files do not (those of
 * a mounted Kubernetes ConfigMap, and drafts of editors).
 */
export function isBundleFileName(name: string): boolean {
  return !name.startsWith('.') && /\.(?:ya?ml|json)$/.test(name);
}
