import { boot } from '../boot.ts';
import type { Attachment } from './attachments.ts';

/** The modules of known frameworks that this process has loaded: what was attached, and what was not and why. */
export function attachments(): readonly Attachment[] {
  return boot().attachments.list();
}
