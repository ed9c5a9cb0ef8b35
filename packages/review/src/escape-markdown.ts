/**
 * Text from strangers as inert CommonMark and GitHub Markdown: it renders as the same characters and nothing else. No line
 * break, no HTML, no link, image, emphasis, code, heading, list or table cell can come of it.
 */
export function escapeMarkdown(text: string): string {
  return (
    text
      .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // A colon or a dot would make a bare address a link; the others begin or end Markdown's own marks.
      .replace(/[\\`*_{}[\]()#+\-.!|~:@^$="']/g, '\\$&')
      .trim()
  );
}

/** A relative link to a line of a file below the data directory. Segments are encoded, so none can leave it. */
export function fileLink(linkBase: string, file: string, line: number | undefined): string {
  const segments = file.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  const path = segments.map(encodeSegment).join('/');
  const label = escapeMarkdown(line === undefined ? file : `${file}:${line}`);
  return `[${label}](${linkBase}${path}${line === undefined ? '' : `#L${line}`})`;
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
