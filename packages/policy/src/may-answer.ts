/** Who answers, as far as rules ask for it. */
export interface Answerer {
  readonly id: string;
  readonly role?: string | undefined;
}

/** The approvers that rules name: one of each list must answer. */
export interface ApproverLists {
  /** Absent: anybody. */
  readonly approvers?: readonly string[] | undefined;
  /** Of other rules that escalate the same call. */
  readonly furtherApprovers?: readonly (readonly string[])[] | undefined;
}

/** May this person answer the escalation? Each rule that names approvers must name them, by id or by role. */
export function mayAnswer(
  { approvers, furtherApprovers = [] }: ApproverLists,
  { id, role }: Answerer,
): boolean {
  const lists = approvers === undefined ? furtherApprovers : [approvers, ...furtherApprovers];
  return lists.every((list) => list.includes(id) || (role !== undefined && list.includes(role)));
}
