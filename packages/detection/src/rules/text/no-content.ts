import type { Rule } from '../../rule.ts';
import { textRule } from '../../text/text-rule.ts';
import type { TextSubject } from '../../text/text-subject.ts';

const NO_RESULTS: readonly RegExp[] = [
  /^(?:sorry, )?(?:there (?:are|is|were) )?no (?!such|valid|permissions?|credentials|access|exact|active|required|errors?|issues?|problems?|warnings?|conflicts?|vulnerabilities|violations?|failures?|differences|changes)(?:[\w'"-]{1,30} ){0,4}(?:[a-z]{1,20}s|match|result|answer|data|output|content|information|history|text|relevant \w{1,20})(?: (?:was|were|are|is|have been|has been))?(?: (?:currently|yet))?(?: (?:found|available|returned|produced|to (?:show|display|list|return)|matched|exists?|present|yet|detected|matching|matches|match))?(?: (?:for|in|matching|with|on|under|at|that|within|from|between|of|to|or)\b.{0,250})?[.!]?$/i,
  /^(?:no|empty) (?:output|result|results|content|response|stdout)\b.{0,60}$|^(?:\d{1,3} )?0 (?:results?|matches|rows?|hits|items|files|records|entries)\b.{0,80}$|^(?:found|returned|got) (?:0|no|zero) [a-z]{2,20}\b.{0,200}$|^nothing (?:found|matched|to (?:show|display|do|commit|report))\b.{0,80}$|^none(?: found)?[.!]?$|^empty (?:set|list|directory|file|folder)\b.{0,60}$|^(?:the )?(?:search|query|file|directory|folder|result|list|output|command|tool) (?:\S{1,100} )?(?:is empty|returned (?:no|0|nothing)|exists but is empty|ran without output|produced no output|(?:completed|executed|ran|finished) (?:successfully )?(?:with|but)(?: returned| produced)? no (?:output|result|return))/i,
  /^(?:没有(?:找到|搜索到)?(?:任何|相关)?(?:结果|内容|数据|匹配)|无结果|无数据|暂无(?:数据|结果)|結果(?:は)?(?:ありません|なし)|결과(?:가)? 없|keine (?:ergebnisse|treffer|einträge)|aucun résultat|sin resultados|no se encontraron (?:resultados|coincidencias)|nenhum resultado|nessun risultato|ничего не найдено|нет результатов)/i,
];

/** Rules about short answers that say that there is nothing: a normal answer without content. */
export const noContentRules: readonly Rule<TextSubject>[] = [
  textRule({
    id: 'text.no_content',
    looksAt: 'a text of one line',
    description:
      '`No results found.`, `(no output)`, `0 rows`. Several things looked for, not one that was named.',
    place: 'firstLine',
    upTo: { own: 'line', program: 'line', foreign: 'line' },
    patterns: NO_RESULTS,
    says: { outcome: 'empty' },
    unless: ({ kind }) => kind === 'edit',
  }),
];
