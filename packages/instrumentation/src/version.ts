/** Version of this package, in code so that bundles need no file at run time; a test compares it with package.json. */
export const VERSION = '0.1.0';
