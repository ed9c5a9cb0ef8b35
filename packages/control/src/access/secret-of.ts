/**
 * The secret that an `Authorization` header shows; empty: none.
 *
 * @param takesBasic Takes Basic too, for browsers: any user name, the token as the password (RFC 7617).
 */
export function secretOf(authorization = '', takesBasic = false): string {
  const [scheme = '', shown = ''] = authorization.split(' ', 2);
  if (scheme.toLowerCase() === 'bearer') return shown;
  if (!takesBasic || scheme.toLowerCase() !== 'basic') return '';
  const pair = Buffer.from(shown, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? '' : pair.slice(colon + 1);
}
