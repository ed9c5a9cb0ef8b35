import type { AccessRole } from '@aftertrace/schema';

/**
 * What a request needs. `ingest`: hand telemetry over. `agent`: be governed. `read`: see what stands. `respond`: stop,
 * release, answer. `administer`: change who may do what and what the rules are.
 */
export type Permission = 'ingest' | 'agent' | 'read' | 'respond' | 'administer';

const PERMISSIONS: Readonly<Record<AccessRole, ReadonlySet<Permission>>> = {
  ingest: new Set(['ingest']),
  agent: new Set(['ingest', 'agent']),
  responder: new Set(['read', 'respond']),
  // The token of the companion's own user is one of these.
  admin: new Set(['ingest', 'agent', 'read', 'respond', 'administer']),
};

/** Whether a role has a permission. */
export function may(role: AccessRole, permission: Permission): boolean {
  return PERMISSIONS[role].has(permission);
}

/** The roles that have a permission, for messages. */
export function rolesWith(permission: Permission): string {
  return Object.entries(PERMISSIONS)
    .filter(([, permissions]) => permissions.has(permission))
    .map(([role]) => role)
    .join(' or ');
}
