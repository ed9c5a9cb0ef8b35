/** Lowest Node that the packages run on, as in `engines`. This module must load on every Node that knows `--import`. */
const MIN_NODE = { major: 22, minor: 15 };

/** What is wrong with this Node; undefined where nothing is. */
export function unsupportedNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const { major: minMajor, minor: minMinor } = MIN_NODE;
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return undefined;
  return (
    `Node ${version} is too old: nothing is recorded and no policy enforced in this process. ` +
    `Use Node ${minMajor}.${minMinor} or newer.`
  );
}
