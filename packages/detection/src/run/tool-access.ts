import { createFindProfile } from '../profiles/find-profile.ts';
import { shippedProfiles } from '../profiles/shipped.ts';

const findShipped = createFindProfile(shippedProfiles);

/** Whether a tool of this name changes something outside, by the profiles that are shipped; `undefined`: not known. */
export function toolWrites(tool: string): boolean | undefined {
  const access = findShipped(tool)?.access;
  return access === undefined ? undefined : access === 'write';
}
