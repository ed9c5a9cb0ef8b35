export { compactRuns, type CompactRunsOptions } from './conversations/compact-runs.ts';
export { eraseRuns } from './conversations/erase-runs.ts';
export type { CompactionProgress, CompactionResult } from './files/compact-files.ts';
export { ExporterConfig, type ExporterConfigInput } from './config.ts';
export {
  openDataDir,
  readLock,
  type DataDir,
  type DataDirAddresses,
  type DataDirOptions,
  type OpenDataDir,
} from './data-dir/data-dir.ts';
export type { LockInfo } from './data-dir/lock-info.ts';
export { ExporterError, isExporterError, type ExporterErrorCode } from './exporter-error.ts';
export { readBlob, readWithBlobs } from './files/blobs.ts';
export {
  eraseTrajectories,
  type ErasureOptions,
  type ErasurePlan,
  type ErasureResult,
  type ErasureSelector,
} from './files/erase-trajectories.ts';
export type { FileFamily } from './files/file-names.ts';
export type { FileRemoval, MaintenanceResult } from './files/file-keeper.ts';
export { FilesConfig, type FilesConfigInput } from './files/files-config.ts';
export { appendHold, HOLDS_FILE, readHolds } from './files/holds.ts';
export type { RemovalReason } from './files/plan-retention.ts';
export { hermesLine } from './hermes/hermes-line.ts';
export {
  readRecording,
  type RecordedRequest,
  type Recording,
  type RecordingProblem,
} from './ingest/read-recording.ts';
export { parseJournalKey, readJournalKey, type JournalEncryption } from './journal/journal-keys.ts';
export {
  createJournal,
  type Journal,
  type JournalOptions,
  type JournalProblem,
  type JournalRecovery,
  type JournalStats,
} from './journal/journal.ts';
export type { Pipeline, PipelineLog, PipelineOptions, PipelineStats } from './pipeline-api.ts';
export { createPipeline } from './pipeline.ts';
export type { Accept, AcceptRequest, AcceptResult } from './receive/accept.ts';
export type {
  AuthorizeSender,
  ReceiverStats,
  SenderRefusal,
  TelemetrySender,
} from './receive/intake.ts';
export { onRefusedHandshake, serverTlsOptions, type ReceiverTls } from './receive/receiver-tls.ts';
export {
  createOtlpReceiver,
  type OtlpReceiver,
  type OtlpReceiverOptions,
  type ReceiverAddress,
} from './receive/receiver.ts';
export { SAMPLING_RULES, type SamplingRule } from './sample/keep-run.ts';
export type { LookReason } from './sample/light-verdict.ts';
export type { SamplingStats } from './sample/run-sampling.ts';
export {
  estimateTotals,
  type EstimatedTotal,
  type EstimatedTotals,
} from './sample/estimate-totals.ts';
export { SamplingCounts } from './sample/sampling-counts.ts';
export { readSamplingCounts, type SamplingCountsFilter } from './sample/sampling-files.ts';
export {
  readTrajectories,
  type BrokenLine,
  type ReadTrajectoriesOptions,
} from './trajectory/read-trajectories.ts';
export { followTrajectories, type FollowOptions } from './trajectory/follow-trajectories.ts';
export {
  countTrajectories,
  listTrajectories,
  trajectoryEntry,
  type TrajectoryCounts,
  type TrajectoryEntry,
  type TrajectoryFilter,
} from './trajectory/list-trajectories.ts';
export { createTrajectoryStore } from './trajectory/trajectory-store.ts';
export type {
  TrajectoryStore,
  TrajectoryStoreOptions,
  TrajectoryStoreStats,
  WriteResult,
} from './trajectory/trajectory-store-api.ts';
export {
  createEmitter,
  companionSender,
  type Emitter,
  type EmitterOptions,
} from './emit/create-emitter.ts';
export { encodeEvents, type SentEvent } from './emit/encode-logs.ts';
export { encodeMetrics, type MetricTimes } from './emit/encode-metrics.ts';
export type { DecidedRun, Judged, JudgedRun, JudgedToolCall } from './emit/judged.ts';
export {
  createOtlpSender,
  type OtlpSender,
  type OtlpSenderOptions,
  type OtlpSenderStats,
  type OtlpTarget,
} from './emit/otlp-sender.ts';
export type { Sender } from './emit/write-attributes.ts';
export {
  companionMetrics,
  type CompanionState,
  type DiskState,
} from './observe/companion-metrics.ts';
export { readDiskState } from './observe/disk-state.ts';
export {
  createCounter,
  createHistogram,
  type Counter,
  type Histogram,
  type HistogramPoint,
  type Metric,
  type MetricAttributes,
  type NumberPoint,
} from './observe/metric.ts';
export { prometheusText, PROMETHEUS_TYPE } from './observe/prometheus-text.ts';
export { backupDataDir, type BackupResult } from './data-dir/backup-data-dir.ts';
export { checkDataDir } from './data-dir/check-data-dir.ts';
export type { DataProblem, DataReport } from './data-dir/check-report.ts';
export {
  createAftertraceExporter,
  type AftertraceExporter,
  type AftertraceExporterOptions,
  type SdkExportResult,
} from './in-process/aftertrace-exporter.ts';
export type {
  SdkLogRecord,
  SdkResource,
  SdkScope,
  SdkSpan,
  SdkSpanContext,
  SdkTime,
} from './in-process/sdk-records.ts';
