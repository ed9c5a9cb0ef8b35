import { UNGOVERNED, type ControlLink } from './link.ts';
export function createControlLink(_options: object): ControlLink {
  return UNGOVERNED;
}
