/**
 * Whether `module.registerHooks` of this Node can be trusted beside CommonJS: versions before these reject a load hook
 * that passes the nullish source of a CommonJS module on, which is what every hook does for what it does not touch.
 */
export function supportsLoadHooks(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, '').split(/[.-]/).map(Number);
  const atLeast = (wantedMinor: number, wantedPatch: number): boolean =>
    minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch);
  if (major === 22) return atLeast(22, 3);
  if (major === 24) return atLeast(11, 1);
  if (major === 25) return atLeast(1, 0);
  return major >= 26;
}

/** The versions above, for messages. */
export const SUPPORTED_NODE = '>=22.22.3 <23, >=24.11.1 <25, >=25.1';
