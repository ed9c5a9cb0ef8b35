import { homedir } from 'node:os';

/**
 * Home directory of the user, also where `HOME` is unset, as for services and in containers; empty where the system
 * knows of none (a user id without an entry), which makes every lookup below it find nothing.
 */
export function homeDirectory(read: () => string = homedir): string {
  try {
    return read();
  } catch {
    // No entry for this user: a process must start all the same, with what its environment names.
    return '';
  }
}
