const MAX_NAME_CHARS = 200;

/** What stands before the name of the tool itself: a server, a name space. */
const NAMESPACE = /^.*(?:[/:]|__)/s;

/**
 * The words of a tool's name, in lower case, between spaces: ` read file ` of `mcp__fs__readFile`. The server's name
 * is left out, so that a tool of a search server that creates an index is not taken for a search.
 */
export function toolWords(tool: string): string {
  const name = tool.slice(0, MAX_NAME_CHARS).replace(NAMESPACE, '');
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/[^A-Za-z\d]{1,200}/g, ' ')
    .toLowerCase()
    .trim();
  return ` ${words} `;
}
