const MAX_MEMBERS = 8;
const MAX_TAIL_CHARS = 1_000;

/** The last member of an object, of a value without parts, at the end of a text from which the closing brace is cut. */
const LAST_MEMBER =
  /,\s{0,20}"([\w-]{1,40})"\s{0,20}:\s{0,20}(true|false|null|-?\d{1,20}|"[^"\\]{0,200}")\s{0,20}$/;

/**
 * The last simple members of a JSON object that is too long to be read: `…,"isError":false}`. In JSON a quote that
 * stands after a comma without a backslash opens a name, so that nothing inside a text is mistaken for a member.
 */
export function readTailMembers(text: string): Record<string, unknown> {
  const members: [string, unknown][] = [];
  let tail = text.slice(-MAX_TAIL_CHARS).trimEnd().slice(0, -1);
  while (members.length < MAX_MEMBERS) {
    const match = LAST_MEMBER.exec(tail);
    const [whole, key, json] = match ?? [];
    if (whole === undefined || key === undefined || json === undefined) break;
    const value = parseJson(json);
    if (value === undefined) break;
    members.push([key, value]);
    tail = tail.slice(0, -whole.length);
  }
  return Object.fromEntries(members);
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    // A number such as 007, or a text over several lines: no JSON.
    return undefined;
  }
}
