/** How bad it is: an error loses or tears data, a warning costs or may lose, a note is worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

/** What a check looks for. */
export interface CheckRule {
  readonly severity: Severity;
  /** What is so, in the words of somebody who reads the file. */
  readonly what: string;
  /** What comes of it. */
  readonly why: string;
  /** What to do about it. */
  readonly fix: string;
}

/** Every trap that `aftertrace collector check` knows, by its stable id. */
export const CHECK_RULES = {
  'companion-missing': {
    severity: 'error',
    what: 'no pipeline exports to the companion',
    why: 'Nothing of this Collector reaches it. It is known by an exporter with "companion" or "aftertrace" in its name, by port 4319, or by --exporter.',
    fix: 'Add an otlp_http/companion exporter to the pipelines of traces and of logs; `aftertrace collector init` writes one.',
  },
  'companion-without-logs': {
    severity: 'error',
    what: 'the companion gets traces but no logs',
    why: 'Run starts and ends, failures of traces that are not sampled, decisions and overrides are events, which travel as logs: they are lost.',
    fix: 'Add the same exporter to a pipeline of logs that has the receiver of your agents.',
  },
  'companion-without-traces': {
    severity: 'error',
    what: 'the companion gets logs but no traces',
    why: 'Without spans a run has no steps.',
    fix: 'Add the same exporter to a pipeline of traces that has the receiver of your agents.',
  },
  'path-of-a-signal': {
    severity: 'error',
    what: 'the address ends with the path of a signal',
    why: 'The exporter adds /v1/traces or /v1/logs itself: the companion answers 404 to /v1/traces/v1/traces, which no exporter sends again.',
    fix: 'endpoint: http://127.0.0.1:4319, without a path.',
  },
  'sends-to-itself': {
    severity: 'error',
    what: 'what comes in is sent to where it came in',
    why: 'The address is that of a receiver of this file whose data comes to the exporter: each span goes round and round, and the companion gets it each time.',
    fix: 'Send to another address. Where the port was meant to be that of Jaeger or another Collector, one of the two needs another.',
  },
  'retry-off': {
    severity: 'error',
    what: 'what cannot be sent at once is not sent again',
    why: 'Each restart of what is behind the exporter, and each 503 under load, loses data for good.',
    fix: 'retry_on_failure: { enabled: true, initial_interval: 1s, max_interval: 10s, max_elapsed_time: 0 }; for load_balancing also multiplier: 1.5 and randomization_factor: 0.5, of which it has no defaults.',
  },
  'retry-limit': {
    severity: 'error',
    what: 'sending is given up after a while',
    why: 'The default is 5 minutes (of load_balancing: none): whatever has waited longer is dropped, from a queue on disk too.',
    fix: 'retry_on_failure: { max_elapsed_time: 0 }',
  },
  'retry-without-pause': {
    severity: 'warning',
    what: 'what could not be sent is sent again without a pause',
    why: 'While the other side is away the Collector does nothing else, some hundred times a second, and logs each time. load_balancing has no defaults for its retries: what is not said is 0.',
    fix: 'retry_on_failure: { enabled: true, initial_interval: 1s, multiplier: 1.5, randomization_factor: 0.5, max_interval: 10s }',
  },
  'queue-off': {
    severity: 'error',
    what: 'there is no queue before the exporter',
    why: 'While the companion is away agents wait, time out and drop what they have.',
    fix: 'Remove `enabled: false` from sending_queue, and give it a storage.',
  },
  'queue-without-storage': {
    severity: 'warning',
    what: 'what waits to be sent is in memory only',
    why: 'The agents were told that it arrived; a restart of the Collector loses it. (On loopback this is a note: on a laptop it may do.)',
    fix: 'sending_queue: { storage: file_storage/companion }, and that extension with fsync: true.',
  },
  'queue-drops': {
    severity: 'warning',
    what: 'what does not fit into the queue on disk is refused',
    why: 'In an outage that is longer than the queue is large, senders get a 503 for what other exporters have taken: it is counted and shown again each time they come again, and lost when they give up.',
    fix: 'sending_queue: { block_on_overflow: true, sizer: bytes, queue_size: … }',
  },
  'batch-above-limit': {
    severity: 'error',
    what: 'requests may be larger than the companion takes',
    why: 'It takes 64 MiB (its limits.maxBodyBytes) and answers 413 to more, which no exporter sends again: that data is lost for good.',
    fix: 'sending_queue: { batch: { sizer: bytes, max_size: 8388608 } }',
  },
  'batch-without-limit': {
    severity: 'note',
    what: 'requests are put together without a limit in bytes',
    why: 'Whether they stay below the 64 MiB that the companion takes cannot be told: 8192 spans, the default of a batch, are more than that where each carries 8 KiB of messages. What is larger is answered with 413 and lost.',
    fix: 'sending_queue: { batch: { sizer: bytes, max_size: 8388608 } }, which also splits what came in too large.',
  },
  'receiver-refuses-large': {
    severity: 'warning',
    what: 'the receiver refuses requests that the companion would take',
    why: 'The default is 20 MiB over HTTP, answered with 400, and 4 MiB over gRPC; no sender repeats what was refused so. Messages of agents are long; the companion takes 64 MiB.',
    fix: 'http: { max_request_body_size: 67108864 }, grpc: { max_recv_msg_size_mib: 64 }',
  },
  'neighbour-refuses': {
    severity: 'warning',
    what: 'another exporter decides whether the sender has to come again',
    why: 'When its destination is away and its queue is full, the Collector answers 503 although the companion has the data: agents keep and repeat it until they drop some, and the companion gets it twice.',
    fix: 'Give the other exporter a pipeline of its own: a forward connector in its place here, and behind that connector batch: { timeout: 0s } and the exporter; `aftertrace collector init --traces URL` writes it so.',
  },
  'storage-not-started': {
    severity: 'error',
    what: 'the storage of the queue is not there',
    why: 'The Collector does not start: the extension is not defined, or not listed under service.extensions.',
    fix: 'Define it under extensions and list it under service.extensions.',
  },
  'storage-without-fsync': {
    severity: 'error',
    what: 'the storage of the queue does not sync',
    why: 'After a crash of the machine what was acknowledged may be gone, or the file may be damaged and keep the Collector from starting.',
    fix: 'fsync: true (and recreate: true)',
  },
  'batch-before-queue': {
    severity: 'error',
    what: 'a batch processor stands before a queue on disk',
    why: 'It acknowledges what it has in memory only, before the disk has it: a restart loses it, and the queue cannot help.',
    fix: 'Remove it from this pipeline; sending_queue.batch puts together after the disk.',
  },
  'sampling-before-companion': {
    severity: 'error',
    what: 'what reaches the companion was sampled before',
    why: 'Runs are torn where spans come after the decision, successes are missing from rates, and a decision after 30 s does not see the failure that comes in minute two.',
    fix: 'Sample in a pipeline of its own that only viewers are behind (forward connector); thin out in the companion by sampling.successRatio.',
  },
  'routing-tears-traces': {
    severity: 'error',
    what: 'spans of one trace go different ways before the companion',
    why: 'Spans of HTTP clients and databases below a tool carry none of the attributes that agents have: the tree is torn.',
    fix: 'Route by resource (context: resource), or send everything to the companion.',
  },
  'filter-tears-traces': {
    severity: 'warning',
    what: 'single spans or events are taken out before the companion',
    why: 'Children of a span that was taken out lose their parent; the line of the run says orphan_spans and is written later.',
    fix: 'Filter by resource, or after the companion in a pipeline of its own.',
  },
  'redaction-removes-all': {
    severity: 'error',
    what: 'attributes that are not listed are removed before the companion',
    why: 'Without allow_all_keys the redaction processor removes names of tools, outcomes and decisions too: there are no runs left to see.',
    fix: 'allow_all_keys: true, with blocked_values or blocked_key_patterns; or list gen_ai\\..* and aftertrace\\..* under ignored_key_patterns.',
  },
  'names-lost': {
    severity: 'error',
    what: 'attributes that runs are made of are removed or changed before the companion',
    why: "Without its outcome, decision or ids, a run, a failure or a person's decision is not seen, or seen as another. (What is only content, as messages, arguments and results are, is a warning: outcomes that only a result tells are lost with it.)",
    fix: 'Name the keys that are meant and leave what begins with aftertrace or gen_ai alone; or do it for viewers only, in a pipeline behind a forward connector. The companion masks by its own rules.',
  },
  'not-judged': {
    severity: 'note',
    what: 'whether this takes something from the companion cannot be told',
    why: 'It hangs on a condition, on what the data is, or on a part of the language that is not read here.',
    fix: 'See that what begins with aftertrace or gen_ai, and the ids of traces and spans, come through as they are.',
  },
  'sampler-takes-memory': {
    severity: 'warning',
    what: 'what waits for a sampling decision may take all the memory',
    why: 'The memory limiter watches the whole Collector: with minutes of spans in it, it turns agents away, with what is for the companion.',
    fix: 'processors: [batch/viewers, memory_limiter/viewers, tail_sampling], with batch/viewers: { timeout: 0s } and a limit that refuses at half of what the other does, or less; `aftertrace collector init --sampling tail` writes it so.',
  },
  'token-in-plain': {
    severity: 'warning',
    what: 'a token goes to another machine without TLS',
    why: 'Whoever is between the two reads it, and can send telemetry as this Collector.',
    fix: 'endpoint: https://…, with tls: { ca_file: … } where the certificate is of your own; give the companion one by its tls settings.',
  },
  'balancing-not-by-trace': {
    severity: 'error',
    what: 'the load balancer does not keep a trace together',
    why: 'Spans and events of one run come to different Collectors or companions. For logs the default is the service, not the trace.',
    fix: 'routing_key: traceID',
  },
  'balancing-queue-in-memory': {
    severity: 'warning',
    what: 'behind the queue on disk each backend has one in memory',
    why: 'What is taken from the disk counts as sent once it is in there: a restart loses it, and it cannot go to another backend.',
    fix: 'protocol: { otlp: { sending_queue: { enabled: false }, retry_on_failure: { max_elapsed_time: 15s, max_interval: 5s } } }',
  },
  'balancing-repeats': {
    severity: 'warning',
    what: 'the load balancer sends again to all backends what one of them did not take',
    why: 'While one is away, each retry brings the same spans to the others: counted and shown again each time. (A companion knows them by their ids.)',
    fix: 'protocol: { otlp: { retry_on_failure: { enabled: true, initial_interval: 1s, max_interval: 5s, max_elapsed_time: 15s } } }, and a timeout: 60s of the balancer, whose default of 5 s ends that: each backend is tried again by itself before all are.',
  },
  'metrics-after-sampling': {
    severity: 'warning',
    what: 'metrics are made from spans that were sampled before',
    why: 'Failure rates are those of what was kept, not of what happened.',
    fix: 'Put the connector into the pipeline before sampling.',
  },
  'compression-gzip': {
    severity: 'warning',
    what: 'requests are compressed with gzip',
    why: 'It is the default and costs the Collector more CPU than the rest of the pipeline: six times as much as zstd.',
    fix: 'compression: none on loopback, compression: zstd between machines.',
  },
  'few-idle-connections': {
    severity: 'warning',
    what: 'fewer connections stay open than there are consumers of the queue',
    why: 'The default keeps 2 for 10 consumers: most requests open a new connection.',
    fix: 'keepalive: { max_idle_conns_per_host: 16 }; before Collector v0.160 max_idle_conns_per_host beside endpoint.',
  },
  'short-timeout': {
    severity: 'warning',
    what: 'requests are given up before the companion gives them up',
    why: 'It lets a sender have 60 s and answers when its disk has the request: who gives up before sends the same again. (The default of 30 s is a note.)',
    fix: 'timeout: 60s',
  },
  'part-not-judged': {
    severity: 'note',
    what: 'this is part of a configuration, without pipelines',
    why: 'It is laid over another one; what both make is not judged here.',
    fix: 'Check the result (`otelcol print-config` with all files).',
  },
  'old-name': {
    severity: 'note',
    what: 'this is an old name',
    why: 'It is an alias that a later release removes; Collectors before it know only the old one.',
    fix: 'Use the new name as soon as all your Collectors know it.',
  },
  'include-not-followed': {
    severity: 'note',
    what: 'this cannot be told: it comes from elsewhere',
    why: 'Environment variables without a default and other files are unknown here, and what hangs on them is not judged.',
    fix: 'Check the result (`otelcol print-config`), or the file that is included; --exporter ID names the exporter to the companion.',
  },
} as const satisfies Record<string, CheckRule>;
export type CheckRuleId = keyof typeof CHECK_RULES;

/** One trap that a file walks into. */
export interface CheckFinding extends CheckRule {
  readonly rule: CheckRuleId;
  /** Counted from 1. */
  readonly line: number;
  /** The part or setting, as the file names it. */
  readonly where: string;
}
