import type { SensitiveFind } from './kinds.ts';

/** Keys that their issuers give a known beginning, with the shortest rest that is taken for one. */
const KEYS = [
  'sk-[\\w-]{16,}', // OpenAI, Anthropic and those who copy them
  '[spr]k_(?:live|test)_[A-Za-z0-9]{10,}', // Stripe
  'whsec_[A-Za-z0-9+/=]{24,}',
  'gh[pousr]_[A-Za-z0-9]{30,}', // GitHub
  'github_pat_\\w{20,}',
  'gl(?:pat|ptt|dt|rt|soat)-[\\w-]{16,}', // GitLab
  'xox[abceoprs]-[A-Za-z0-9-]{10,}', // Slack
  'xapp-[A-Za-z0-9-]{20,}',
  'A(?:KIA|SIA)[A-Z0-9]{16,}', // AWS
  'AIza[\\w-]{35}', // Google
  'ya29\\.[\\w-]{20,}',
  'GOCSPX-[\\w-]{20,}',
  'hf_[A-Za-z0-9]{30,}', // Hugging Face
  'gsk_[A-Za-z0-9]{30,}', // Groq
  'xai-[A-Za-z0-9]{30,}',
  'r8_[A-Za-z0-9]{30,}', // Replicate
  'pplx-[A-Za-z0-9]{30,}', // Perplexity
  'nvapi-[\\w-]{30,}', // NVIDIA
  'npm_[A-Za-z0-9]{30,}',
  'pypi-[\\w-]{50,}',
  'SG\\.[\\w-]{16,}\\.[\\w-]{16,}', // SendGrid
  'do[opr]_v1_[a-f0-9]{64}', // DigitalOcean
  'dapi[a-f0-9]{32}', // Databricks
  'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}', // Shopify
  'hv[sb]\\.[\\w-]{24,}', // Vault
  'glsa_\\w{32,}', // Grafana
  'lin_api_[A-Za-z0-9]{30,}', // Linear
  'ATATT3[\\w=-]{40,}', // Atlassian
];

const API_KEY = new RegExp(`(?<![\\w-])(?:${KEYS.join('|')})`, 'g');

/** Three parts, or the five of an encrypted token (RFC 7519, RFC 7516). */
const JWT = /(?<![\w-])eyJ[\w-]{8,}\.(?:[\w-]{4,})?\.[\w-]*(?:\.[\w-]+\.[\w-]+)?/g;

/** Keys with a known beginning. */
export function findApiKeys(text: string): readonly SensitiveFind[] {
  return findAll(text, API_KEY, 'api_key');
}

/** JSON web tokens. */
export function findJwts(text: string): readonly SensitiveFind[] {
  return text.includes('eyJ') ? findAll(text, JWT, 'jwt') : [];
}

function findAll(
  text: string,
  pattern: RegExp,
  kind: SensitiveFind['kind'],
): readonly SensitiveFind[] {
  const finds: SensitiveFind[] = [];
  for (const match of text.matchAll(pattern)) {
    finds.push({ kind, start: match.index, end: match.index + match[0].length });
  }
  return finds;
}
