export { backtest, type AffectedCall, type BacktestReport, type RuleEffect } from './backtest.ts';
export { createReview } from './create-review.ts';
export { renderReviewMarkdown, type RenderOptions } from './render-review-markdown.ts';
export type { ReviewInput } from './review-facts.ts';
export { reviewIncident, type ReviewIncidentResult } from './review-incident.ts';
