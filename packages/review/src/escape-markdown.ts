/**
 * Text from strangers as inert CommonMark and GitHub Markdown: it renders as the same characters and nothing else. No line
 * break, no HTML, no link, image, emphasis, code, heading, list or table cell can come of it. What cannot do harm is left
 * as it is, so that the text stays readable unrendered.
 */
export function escapeMarkdown(text: string): string {
  return (
    text
      .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .trim()
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // Parentheses and exclamation marks do nothing without a bracket.
      .replace(/[\\`*_[\]~|$@]/g, '\\$&')
      // Bare addresses and emoji names; not `10:00` and not `failed: why`.
      .replace(/:(?![\d\s]|$)/g, '\\:')
      .replace(/(www)\./gi, '$1\\.')
      // What makes a heading, list, rule or table row of a line that begins with it.
      .replace(/^[-+#=:]/, '\\$&')
      .replace(/^(\d+)([.)])/, '$1\\$2')
  );
}

/** A relative link to a line of a file below the data directory. Segments are encoded, so none can leave it. */
export function fileLink(linkBase: string, file: string, line: number | undefined): string {
  const below = file.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  const base = linkBase.split('/').filter((part) => part !== '');
  const path = [...base, ...below].map(encodeSegment).join('/');
  const label = escapeMarkdown(line === undefined ? file : `${file}:${line}`);
  return `[${label}](${path}${line === undefined ? '' : `#L${line}`})`;
}

/** A link to a page, or only its label where the address is not http(s). */
export function pageLink(label: string, url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return escapeMarkdown(label);
  return `[${escapeMarkdown(label)}](${parsed.href.replace(/[()<>\\`|]/g, encodeCharacter)})`;
}

/** `encodeURIComponent` leaves a few characters that mean something in Markdown. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment.toWellFormed()).replace(/[!'()*~_]/g, encodeCharacter);
}

function encodeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
