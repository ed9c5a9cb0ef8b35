/** Where the interface stands. */
export const INCIDENTS_PATH = '/incidents/v1';
