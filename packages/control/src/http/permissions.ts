import { ControlPath } from '@aftertrace/schema';

import type { Permission } from '../access/roles.ts';

/** Requests that are counted together by the rate limits. */
export type RequestKind = 'agent' | 'people' | 'stop';

/** What a request needs, and with which others it is counted. */
export interface Demand {
  readonly permission: Permission;
  /** Absent: not counted here. */
  readonly kind: RequestKind | undefined;
}

const RELEASE = `${ControlPath.CONTAINMENTS}/{id}/release`;

/**
 * Who may use which route. What is not listed is closed to all but administrators, reading to all but those who may
 * read: a route that somebody adds is never open by accident.
 */
const NEEDS: ReadonlyMap<string, Permission> = new Map<string, Permission>([
  [`GET ${ControlPath.STREAM}`, 'agent'],
  [`GET ${ControlPath.STATE}`, 'agent'],
  [`POST ${ControlPath.ACKS}`, 'agent'],
  [`POST ${ControlPath.EVIDENCE}`, 'agent'],
  [`POST ${ControlPath.APPROVALS}`, 'agent'],
  [`POST ${ControlPath.QUARANTINE}`, 'agent'],
  [`POST ${ControlPath.APPROVALS}/{id}`, 'respond'],
  [`POST ${ControlPath.CONTAINMENTS}`, 'respond'],
  [`POST ${RELEASE}`, 'respond'],
  [`POST ${ControlPath.QUARANTINE}/{id}`, 'respond'],
  [`POST ${ControlPath.ROLLBACKS}`, 'respond'],
  // Who holds which token, and what it may do, is for administrators only.
  [`GET ${ControlPath.TOKENS}`, 'administer'],
]);

/** @param path The route's path, with `{id}` where it has one. */
export function demandOf(method: string, path: string): Demand {
  const need = NEEDS.get(`${method} ${path}`);
  const permission = need ?? (method === 'GET' ? 'read' : 'administer');
  // Stopping has room of its own: whatever else somebody asks for, they can still stop an agent.
  const isStop = method === 'POST' && path === ControlPath.CONTAINMENTS;
  return { permission, kind: isStop ? 'stop' : permission === 'agent' ? 'agent' : 'people' };
}
