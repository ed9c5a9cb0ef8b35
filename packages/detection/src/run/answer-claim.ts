/** Phrases by which an answer says that the thing was done. Agents answer in the language of their user. */
const DONE = phrases([
  "successfully|completed?|all done|all set|done!|taken care of|has been|have been|is now|are now|i['’]ve|i have",
  'erfolgreich|erledigt|abgeschlossen|wurden?',
  'con éxito|exitosamente|correctamente|listo',
  'avec succès|a été|ont été|terminée?',
  'com sucesso|foi|foram|concluíd[oa]',
  'con successo|è stat[oa]|sono stat[ie]|completat[oa]',
]);
const DONE_CJK = /成功|已完成|完了しました|완료/u;

/** Phrases by which it says that something was not: then it claims nothing that a failed call would belie. */
const NOT_DONE = phrases([
  "not|unable|cannot|[a-z]{2,6}n['’]t|failed|failure|fails|errors?|unfortunately|sorry|unsuccessful|problems?|issues?|partially|except",
  'nicht|leider|fehler|fehlgeschlagen|gescheitert|konnten?',
  'no pude|no se pudo|no ha|no fue|falló|lamentablemente|desafortunadamente',
  'pas|échec|échoué|erreur|impossible|malheureusement',
  'não|falhou|erro|infelizmente',
  'non|fallit[oa]|errore|purtroppo',
]);
const NOT_DONE_CJK = /失败|错误|无法|未能|抱歉|失敗|エラー|できません|できなかった|실패|오류/u;

/** What is read of an answer: its beginning and its end, where the news is. */
const READ_CHARS = 2000;

/**
 * Whether the text of a final answer claims, without any reservation, that the thing was done. A word of doubt anywhere
 * in what is read makes it no claim: this is used against the agent.
 */
export function claimsSuccess(answer: string): boolean {
  const text =
    answer.length <= 2 * READ_CHARS
      ? answer
      : `${answer.slice(0, READ_CHARS)}\n${answer.slice(-READ_CHARS)}`;
  const claims = DONE.test(text) || DONE_CJK.test(text);
  return claims && !NOT_DONE.test(text) && !NOT_DONE_CJK.test(text);
}

/** Any of these as words of their own. Plain alternatives: the search stays linear. */
function phrases(languages: readonly string[]): RegExp {
  return new RegExp(`(?<!\\p{L})(?:${languages.join('|')})(?!\\p{L})`, 'iu');
}
