import { Env } from '@aftertrace/schema/names';

import { parseOnDisconnect, type OnDisconnect } from './control/on-disconnect.ts';
import { parseOnStart, type OnStart } from './control/on-start.ts';
import { parseApprovalDemand, type ApprovalDemand } from './override/approval-demand.ts';
import { parseContentCapture } from './spans/content.ts';

/** What the environment asks for; read once at start. */
export interface Settings {
  /** Name for agents of this process that nothing else names. */
  readonly agent: string;
  /** Message content, tool arguments and results are recorded. */
  readonly captureContent: boolean;
  /** What holds until a companion that is away at the start answers; undefined: a word that is none was given. */
  readonly onStart: OnStart | undefined;
  /** How long what was in force stays so without the companion; undefined: a word that is none was given. */
  readonly onDisconnect: OnDisconnect | undefined;
  /** What an approval in a framework's own flow must say; undefined: a word that is none was given. */
  readonly approvals: ApprovalDemand | undefined;
  /** Bundle to use where there is no companion: a file, or a directory of files. */
  readonly policyFile: string | undefined;
  /** File with the public keys that policies must be signed with; undefined: they need not be signed. */
  readonly policyKeysFile: string | undefined;
  /** Lowest revision of a signed policy that is taken, as text; undefined: any. */
  readonly policyMinRevision: string | undefined;
  /** File that gets one JSON line for each known framework. */
  readonly attachmentsFile: string | undefined;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Empty variables count as unset, as in OpenTelemetry. */
export function readSettings(env: Environment): Settings {
  return {
    agent: present(env[Env.AGENT]) ?? serviceName(env) ?? 'agent',
    captureContent: parseContentCapture(env[Env.CAPTURE_CONTENT]),
    onStart: parseOnStart(env[Env.ON_START]),
    onDisconnect: parseOnDisconnect(env[Env.ON_DISCONNECT]),
    approvals: parseApprovalDemand(env[Env.APPROVALS]),
    policyFile: present(env[Env.POLICY_FILE]),
    policyKeysFile: present(env[Env.POLICY_KEYS]),
    policyMinRevision: present(env[Env.POLICY_MIN_REVISION]),
    attachmentsFile: present(env[Env.ATTACHMENTS]),
  };
}

/** `OTEL_SERVICE_NAME`, else `service.name` of `OTEL_RESOURCE_ATTRIBUTES`. */
export function serviceName(env: Environment): string | undefined {
  const direct = present(env['OTEL_SERVICE_NAME']);
  if (direct !== undefined) return direct;
  for (const pair of (env['OTEL_RESOURCE_ATTRIBUTES'] ?? '').split(',')) {
    const [key, value] = pair.split('=', 2);
    if (key?.trim() !== 'service.name') continue;
    return present(decoded(value?.trim()));
  }
  return undefined;
}

/** The value without surrounding blanks, or undefined when nothing is left. */
export function present(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === undefined || trimmed === '' ? undefined : trimmed;
}

function decoded(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    // Not percent-encoded as the specification asks: the text as it stands is the better name than none.
    return value;
  }
}
