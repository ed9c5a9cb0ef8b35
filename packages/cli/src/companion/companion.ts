import type { ControlPlane } from '@aftertrace/control';
import type {
  DataDir,
  ExporterConfigInput,
  JournalOptions,
  OtlpReceiverOptions,
  Pipeline,
} from '@aftertrace/exporter';
import type { Destination, Incidents } from '@aftertrace/incidents';
import type { Finding, WrittenTrajectory } from '@aftertrace/schema';

import type { AccessConfig, TlsConfig } from '../config/companion-config.ts';
import type { ListenAddress } from '../parse-address.ts';
import type { Log } from '../terminal/progress-log.ts';
import type { AuditSettings } from './audit-ledger.ts';
import type { ObserverSettings } from './observer.ts';

/** What a companion is made of; `aftertrace serve`, `dev` and `ingest` differ in these only. */
export interface CompanionOptions {
  /** Opened and locked by the caller, who also closes it. */
  readonly dataDir: DataDir;
  readonly token: string;
  /** Absent: nothing listens, the companion works on what it is given (`ingest`). */
  readonly listen?: {
    readonly otlp: ListenAddress;
    readonly console: ListenAddress;
    readonly otlpGrpc?: ListenAddress;
  };
  readonly destinations: readonly Destination[];
  readonly exporter: ExporterConfigInput;
  /** What senders may cost; default those of the receiver. */
  readonly limits?: OtlpReceiverOptions['limits'];
  /** What the companion tells of itself and of what it judged, and to whom; default: to who asks for it. */
  readonly observe?: ObserverSettings;
  /** Names under which the console's port is addressed, without port; default those of loopback. */
  readonly allowedHosts?: readonly string[];
  /** The pinned public keys, PEM: only policies that one of them signed are published. */
  readonly readPolicyKeys?: () => Promise<string>;
  /** Who may do what, besides by their tokens. Default: telemetry from everybody who reaches the port, duties not separated. */
  readonly access?: AccessConfig;
  /** TLS on every port. Default: none. */
  readonly tls?: TlsConfig;
  readonly log: Log;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly onFinding?: (finding: Finding) => void;
  readonly onRun?: (written: WrittenTrajectory) => void;
  /** Encryption of the journal. Default: none. */
  readonly journal?: Pick<JournalOptions, 'encryption'>;
  /** How the audit log is signed. Default: by a key of the data directory's own. */
  readonly audit?: AuditSettings;
}

/** Where a companion listens. */
export interface CompanionAddresses {
  readonly otlp: string;
  readonly console: string;
  readonly otlpGrpc?: string;
  /** PEM file that the certificate is checked against, where it is not a well-known one. */
  readonly caFile?: string;
}

/** Receiver, pipeline, control plane, incidents and audit log, connected. */
export interface Companion {
  readonly pipeline: Pipeline;
  readonly incidents: Incidents;
  readonly control: ControlPlane;
  /** Reads back what is on disk, then listens. */
  readonly start: () => Promise<CompanionAddresses | undefined>;
  /**
   * Stops intake, writes what is complete, closes. Idempotent. Resolves with what did not end in time, for a person: a disk
   * that answers nothing holds up nobody for longer than the deadline and a moment for each part.
   */
  readonly shutdown: (deadlineMillis: number) => Promise<readonly string[]>;
}
