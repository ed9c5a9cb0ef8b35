const EXACT = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'credentials',
  'credential',
  'pwd',
  'pin',
  'cvv',
  'cvc',
  'ssn',
  'token',
  'secret',
  'secrets',
]);

const ENDINGS = [
  'password',
  'passwd',
  'passphrase',
  'apikey',
  'secretkey',
  'clientsecret',
  'privatekey',
  'accesstoken',
  'refreshtoken',
  'authtoken',
  'bearertoken',
  'idtoken',
  'sessiontoken',
  'secretaccesskey',
  'authorization',
];

/** Whether the name of a field says that its value is a secret: `password`, `X-Api-Key`, `client_secret`, `accessToken`. */
export function isSensitiveKey(key: string): boolean {
  if (key.length > 64) return false;
  const plain = key.toLowerCase().replace(/[^a-z0-9]/g, '');
  return EXACT.has(plain) || ENDINGS.some((ending) => plain.endsWith(ending));
}
