/** Entry `./compile`: from text or values to a compiled policy. Loads zod and yaml; `decide` does not. */
export { analyzeBundle } from './analyze-bundle.ts';
export { compileBundle, type CompileResult } from './compile-bundle.ts';
export { formatProblem, type BundleProblem } from './bundle-problem.ts';
export {
  checkSignatures,
  readTrustedKeys,
  signBundle,
  type SignatureCheck,
  type TrustedKeys,
} from './bundle-signature.ts';
export { diffBundles, type BundleChange, type ChangedValue } from './diff-bundles.ts';
export {
  explainCall,
  type CallExplanation,
  type ExplainedPart,
  type ExplainedRule,
  type ExplainInput,
} from './explain-call.ts';
export { parseBundle, parseBundleFiles, type ParseBundleOptions } from './parse-bundle.ts';
export { readBundle, type BundleFile, type ReadResult } from './read-bundle.ts';
export { testRules, type RuleTestResult } from './rule-tests.ts';
export { warmCompiler } from './warm-compiler.ts';
