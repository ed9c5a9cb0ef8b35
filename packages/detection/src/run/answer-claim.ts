/**
 * Words by which an answer says that the thing was done. Several languages: agents answer in that of their user.
 * Each alternative is a plain phrase, so that the search stays linear.
 */
const DONE =
  /\b(?:successfully|completed?|all done|all set|done!|taken care of|has been|have been|is now|are now|i(?:'|’)ve|i have)\b|\b(?:erfolgreich|erledigt|abgeschlossen|wurden?)\b|\b(?:con éxito|exitosamente|correctamente|listo)(?![\p{L}])|\b(?:avec succès|a été|ont été|terminée?)(?![\p{L}])|\b(?:com sucesso|foi|concluíd[oa])(?![\p{L}])|\b(?:con successo|è stat[oa]|completat[oa])(?![\p{L}])|成功|已完成|完了しました|완료/iu;

/** Words by which it says that something was not: then it claims nothing that a failed call would belie. */
const NOT_DONE =
  /\b(?:not|unable|cannot|can(?:'|’)t|couldn(?:'|’)t|wasn(?:'|’)t|weren(?:'|’)t|didn(?:'|’)t|hasn(?:'|’)t|won(?:'|’)t|failed|failure|fails|error|errors|unfortunately|sorry|unsuccessful|problem|issue|partially|except)\b|\b(?:nicht|leider|fehler|fehlgeschlagen|gescheitert|konnten?)\b|\b(?:no pude|no se pudo|no ha|error|falló|lamentablemente|desafortunadamente)(?![\p{L}])|\b(?:pas|échec|échoué|erreur|impossible|malheureusement)(?![\p{L}])|\b(?:não|falhou|erro|infelizmente)(?![\p{L}])|\b(?:non|fallit[oa]|errore|purtroppo)(?![\p{L}])|失败|错误|无法|未能|抱歉|失敗|エラー|できません|できなかった|실패|오류/iu;

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
  return DONE.test(text) && !NOT_DONE.test(text);
}
