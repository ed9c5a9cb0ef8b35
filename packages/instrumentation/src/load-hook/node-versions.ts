/** How frameworks are attached to on a version of Node. */
export type LoadHookKind =
  /** `module.registerHooks`: in the thread of the application, ESM and CommonJS. */
  | 'in-thread'
  /** `module.register` for ESM, in a thread of its own, and `Module.prototype._compile` for CommonJS. */
  | 'loader-thread'
  | 'none';

/**
 * `module.registerHooks` is trusted where it can stand beside CommonJS: versions before these reject a load hook that
 * passes the nullish source of a CommonJS module on, which is what every hook does for what it does not touch.
 */
export function loadHookKind(version: string): LoadHookKind {
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, '').split(/[.-]/).map(Number);
  const atLeast = (wantedMinor: number, wantedPatch: number): boolean =>
    minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch);
  const byTrust = (isTrusted: boolean): LoadHookKind => (isTrusted ? 'in-thread' : 'loader-thread');
  if (major < 22 || (major === 22 && !atLeast(15, 0))) return 'none';
  if (major === 22) return byTrust(atLeast(22, 3));
  if (major === 23) return 'loader-thread';
  if (major === 24) return byTrust(atLeast(11, 1));
  if (major === 25) return byTrust(atLeast(1, 0));
  return 'in-thread';
}

/** The versions above, for messages. */
export const SUPPORTED_NODE = '>=22.15';
