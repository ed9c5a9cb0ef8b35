/**
 * What an approval in a framework's own flow must say: `record` takes it as it is, and says in the record what is missing;
 * `named` refuses the call where the application does not say who approved it and why.
 */
export type ApprovalDemand = 'record' | 'named';

/** Undefined: a word that is none. */
export function parseApprovalDemand(value: string | undefined): ApprovalDemand | undefined {
  const word = value?.trim().toLowerCase() ?? '';
  if (word === '') return 'record';
  return word === 'record' || word === 'named' ? word : undefined;
}
