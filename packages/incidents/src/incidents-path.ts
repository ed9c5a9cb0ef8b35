/** Where the interface stands. */
export const INCIDENTS_PATH = '/incidents/v1';
/** Where the pages of incidents stand, which `@aftertrace/console` renders. */
export const INCIDENT_PAGES = '/incidents';
