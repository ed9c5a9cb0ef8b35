import type { CollectorAnswers } from './collector-answers.ts';
import { fromEnv, section } from './yaml-text.ts';

/** Where agents, other Collectors of the gateway and the companion send to. */
export function writeReceivers({ kind, judged, prometheus }: CollectorAnswers): string {
  return section('receivers', [
    `\
otlp:
  protocols:
    http:
      endpoint: ${fromEnv('OTLP_HTTP_ADDRESS', '127.0.0.1:4318')}
      # The default of 20 MiB answers larger requests with 400, which no sender repeats: messages of agents are long.
      max_request_body_size: 67108864
    grpc:
      endpoint: ${fromEnv('OTLP_GRPC_ADDRESS', '127.0.0.1:4317')}
      # The default is 4 MiB.
      max_recv_msg_size_mib: 64`,
    kind === 'gateway' &&
      `\
# From the other Collectors of the gateway, and from this one: whole traces.
otlp/whole:
  protocols:
    grpc:
      # The address by which the others reach this one (in a pod: its own), and nobody else.
      endpoint: ${fromEnv('WHOLE_ADDRESS', '127.0.0.1:14317')}
      max_recv_msg_size_mib: 64`,
    judged !== undefined &&
      `\
# What the companion judged comes back here, and goes on to logs and metrics only. In the companion's configuration:
#   emit: { otlp: { endpoint: http://${judged}, compression: none } }${prometheus === undefined ? '' : own(judged)}
otlp/judged:
  protocols:
    http:
      endpoint: ${fromEnv('JUDGED_OTLP_ADDRESS', judged)}`,
  ]);
}

/** The companion's own metrics come the same way. */
function own(judged: string): string {
  return `\n#   metrics: { otlp: { endpoint: http://${judged}, compression: none } }`;
}
