import type { CollectorAnswers, CollectorKind } from './collector-answers.ts';

const ABOUT: Record<CollectorKind, string> = {
  laptop: `\
# Everything on one machine: agents send to the Collector, the Collector hands every trace and event to the companion.
# What waits in the Collector is in memory and dies with it.`,
  production: `\
# A Collector that loses nothing it has taken in: what is for the companion waits on disk, synced, however long the
# companion is away.`,
  gateway: `\
# Several Collectors behind one address. Whichever of them an agent reaches hands each trace to the one that its trace
# id belongs to; that one has all spans of the trace, so that metrics are right, tail sampling works, and each may have
# a companion of its own beside it. Between them, and before the companion, everything waits on disk, synced.`,
};

/** What the file is, how it is run, and which names older Collectors have. */
export function writeHeader(answers: CollectorAnswers): string {
  const needsContrib =
    answers.kind !== 'laptop' ||
    answers.prometheus ||
    answers.redact ||
    answers.sampling !== 'none';
  const distribution = needsContrib ? 'otelcol-contrib' : 'otelcol';
  return `\
${ABOUT[answers.kind]}
#
#   aftertrace serve                                  # takes OTLP/HTTP in, 127.0.0.1:4319
#   ${`${distribution} --config FILE`.padEnd(50)}# ${needsContrib ? 'or the Collector of builder.yaml' : 'any distribution has these parts'}
#   OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 node --import @aftertrace/node app.js
#
# Made by \`aftertrace collector init\`; look at your changes with \`aftertrace collector check FILE\`. Each address can be
# set by the environment variable that stands in it. Names are those of Collector v0.161. Before v0.160 there is no
# \`keepalive\`: \`max_idle_conns_per_host\` stands beside \`endpoint\`. Older ones still: \`otlphttp\` for \`otlp_http\` (before
# v0.144), \`spanmetrics\` for \`span_metrics\`, \`loadbalancing\` for \`load_balancing\`.`;
}
