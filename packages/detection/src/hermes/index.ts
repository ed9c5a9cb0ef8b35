export { judgeLikeHermes, type HermesVerdict } from './judge-like-hermes.ts';
